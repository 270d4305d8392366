package nestor.examples.original;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// What the original's meta-optimizer sees of the steps so far: the losses and gradient norms of
/// the up to ten latest steps, in `float64`.
///
/// @param losses `[10]`, the latest last; zeros before the first step
/// @param gradNorms `[10]`, likewise
/// @param steps the number of all steps so far
record History(Tensor losses, Tensor gradNorms, Tensor steps) {
  private static final int LENGTH = 10;
  private static final int USED = 9;

  /// The history before the first step.
  static History empty() {
    Tensor none = Tensor.zeros(DType.FLOAT64, LENGTH);
    return new History(none, none, Tensor.scalar(0));
  }

  /// The history after a step with this loss and gradient norm.
  History with(Tensor loss, Tensor gradNorm) {
    return new History(append(losses, loss), append(gradNorms, gradNorm), steps.plus(1));
  }

  private static Tensor append(Tensor window, Tensor item) {
    Tensor last = item.cast(DType.FLOAT64).reshape(1);
    return Tensor.concat(0, List.of(window.slice(0, 1, LENGTH), last));
  }

  /// The features `[16]` of a step with this loss and gradient norm, of the loss's type.
  Tensor features(Tensor loss, Tensor gradNorm) {
    Tensor count = steps.minimum(LENGTH).maximum(1);
    Tensor oldest = count.neg().plus(LENGTH).cast(DType.INT64).reshape(1);
    Tensor first = losses.take(oldest, 0).reshape();
    Tensor phase = steps.times(0.1);
    List<Tensor> features =
        List.of(
            loss.cast(DType.FLOAT64),
            gradNorm.cast(DType.FLOAT64),
            losses.sum().div(count),
            gradNorms.sum().div(count),
            losses.get(LENGTH - 1).minus(first),
            steps,
            steps.plus(1).log(),
            phase.sin(),
            phase.cos());
    return Tensor.stack(0, features)
        .pad(new int[] {0}, new int[] {RateGenerator.CONTEXT - USED})
        .cast(loss.dtype());
  }
}
