package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import nestor.autodiff.Tensor;
import nestor.hope.SequenceLayer.Out;

/// Sequences as tokens one after the other.
final class Tokens {
  private Tokens() {}

  /// Reads x `[samples, time, width]` by a function of one token of each sample and the state.
  static Out<Tensor> oneByOne(
      Tensor x, Tensor state, BiFunction<Tensor, Tensor, Out<Tensor>> step) {
    List<Tensor> readings = new ArrayList<>();
    Tensor now = state;
    for (int t = 0; t < x.shape().dim(1); t++) {
      Tensor token = x.slice(1, t, t + 1).reshape(x.shape().dim(0), x.shape().dim(2));
      Out<Tensor> out = step.apply(token, now);
      readings.add(out.value());
      now = out.state();
    }
    return new Out<>(Tensor.stack(1, readings), now);
  }
}
