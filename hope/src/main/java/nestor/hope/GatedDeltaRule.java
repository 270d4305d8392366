package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// The delta rule with forgetting, Behrouz et al., "Nested Learning" (2025), equation 65; Yang et
/// al., "Gated delta networks" (2024):
///
///     S ← a S (I − b k kᵀ) + b v kᵀ,   y = S q,   a = σ(w_a · norm(x)),   b = σ(w_b · norm(x))
///
/// read after the write. The bias of a starts at 2, so that a memory starts by forgetting little.
///
/// @param projections queries, keys, values
/// @param gates `[2, width]`: the write strength b and the retention a
/// @param initial S before the first token, `[width, width]`, learned
public record GatedDeltaRule(Projections projections, Linear gates, Tensor initial)
    implements SequenceLayer<Tensor> {

  /// A memory that starts empty.
  public static GatedDeltaRule init(Key key, DType dtype, int width) {
    return new GatedDeltaRule(
        Projections.init(key, dtype, width),
        new Linear(Tensor.zeros(dtype, 2, width), Tensor.of(0.0, 2).cast(dtype)),
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
    Tensor gate = gates.apply(at.normal()).sigmoid().expandDims(-1); // [samples, 2, 1]
    Tensor kept = state.times(gate.slice(1, 1, 2));
    return DeltaRule.write(at, kept, gate.slice(1, 0, 1));
  }
}
