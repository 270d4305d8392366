package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// The delta rule without forgetting, Schlag et al., "Linear transformers are secretly fast weight
/// programmers" (2021): S ← S (I − b k kᵀ) + b v kᵀ, y = S q, b = σ(w_b · norm(x)), read after the
/// write.
///
/// @param projections queries, keys, values
/// @param gate `[1, width]`: the write strength b
/// @param initial S before the first token, `[width, width]`, learned
public record DeltaRule(Projections projections, Linear gate, Tensor initial)
    implements SequenceLayer<Tensor> {

  /// A memory that starts empty.
  public static DeltaRule init(Key key, DType dtype, int width) {
    return new DeltaRule(
        Projections.init(key, dtype, width),
        new Linear(Tensor.zeros(dtype, 1, width), Tensor.zeros(dtype, 1)),
        Tensor.zeros(dtype, width, width));
  }

  @Override
  public Tensor start(int samples) {
    return initial.broadcastTo(samples, initial.shape().dim(0), initial.shape().dim(1));
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    return Tokens.oneByOne(x, state, this::step);
  }

  private Out<Tensor> step(Tensor x, Tensor state) {
    Projections.Columns at = projections.of(x);
    return write(at, state, gate.apply(at.normal()).sigmoid().expandDims(-1));
  }

  /// S + b (v − S k) kᵀ, and its reading S q.
  static Out<Tensor> write(Projections.Columns at, Tensor state, Tensor strength) {
    Tensor error = at.v().minus(state.matmul(at.k())).times(strength);
    Tensor written = state.plus(error.matmulTransposed(at.k()));
    Tensor reading = written.matmul(at.q());
    return new Out<>(reading.reshape(reading.shape().dim(0), reading.shape().dim(1)), written);
  }
}
