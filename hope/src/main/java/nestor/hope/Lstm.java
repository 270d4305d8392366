package nestor.hope;

import static nestor.autodiff.Transform.scan;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;

/// A long short-term memory, Hochreiter and Schmidhuber (1997), with the forget gate of Gers et
/// al., "Learning to forget" (2000):
///
///     i, f, g, o = σ, σ, tanh, σ of W norm(x) + U h + b,   c ← f ∘ c + i ∘ g,   h ← o ∘ tanh(c)
///
/// and y = V h.
///
/// ```java
/// var layer = Lstm.init(key, DType.FLOAT32, 64, 64);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param norm applied to the tokens
/// @param input W `[4 · hidden, width]` and b, the gates i, f, g, o one after the other
/// @param recurrent U `[4 · hidden, hidden]`
/// @param output V `[width, hidden]`
public record Lstm(LayerNorm norm, Linear input, Tensor recurrent, Tensor output)
    implements SequenceLayer<Lstm.State> {
  /// What has been read.
  ///
  /// @param h `[samples, hidden]`
  /// @param c `[samples, hidden]`
  public record State(Tensor h, Tensor c) {}

  /// Weights of variance 1/width and 1/hidden; the bias of f starts at 1, the others at 0. The
  /// output starts at 0, so that the layer adds nothing until it is written.
  public static Lstm init(Key key, DType dtype, int width, int hidden) {
    Tensor one = Tensor.ones(dtype, hidden);
    return new Lstm(
        LayerNorm.init(dtype, width),
        new Linear(
            key.fold("input").normal(dtype, 4 * hidden, width).div(Math.sqrt(width)),
            one.pad(new int[] {hidden}, new int[] {2 * hidden})),
        key.fold("recurrent").normal(dtype, 4 * hidden, hidden).div(Math.sqrt(hidden)),
        Tensor.zeros(dtype, width, hidden));
  }

  @Override
  public State start(int samples) {
    Tensor zeros = recurrent.constant(0).broadcastTo(samples, recurrent.shape().dim(-1));
    return new State(zeros, zeros);
  }

  @Override
  public Out<State> apply(Tensor x, State state) {
    Tensor driven = input.apply(norm.apply(x)).moveAxis(1, 0); // [time, samples, 4 hidden]
    var run = scan(this::step, state, driven);
    return new Out<>(run.outputs().moveAxis(0, 1).matmulTransposed(output), run.carry());
  }

  private Step<State, Tensor> step(State state, Tensor driven) {
    Tensor gates = driven.plus(state.h.matmulTransposed(recurrent));
    int hidden = state.h.shape().dim(-1);
    Tensor i = gates.slice(-1, 0, hidden).sigmoid();
    Tensor f = gates.slice(-1, hidden, 2 * hidden).sigmoid();
    Tensor g = gates.slice(-1, 2 * hidden, 3 * hidden).tanh();
    Tensor o = gates.slice(-1, 3 * hidden, 4 * hidden).sigmoid();
    Tensor c = f.times(state.c).plus(i.times(g));
    Tensor h = o.times(c.tanh());
    return new Step<>(new State(h, c), h);
  }
}
