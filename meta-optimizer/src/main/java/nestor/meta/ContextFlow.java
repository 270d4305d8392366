package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;

/// What a meta-optimizer sees of each level, and of each group of its parameters: the logarithms of
/// the loss and of the norm of the gradient, now, as exponential means over about 5 and 50 steps,
/// and the least of the loss so far. The differences between them are the trends and the relative
/// progress; the number of the step is no feature.
///
/// @param last the latest logarithms, `[rows, 2]`: loss, gradient norm; a row for each level, then
///   one for each group
/// @param fast their means over about 5 steps
/// @param slow their means over about 50 steps
/// @param best the least that the fast mean of the loss has been, `[rows, 1]`
public record ContextFlow(Tensor last, Tensor fast, Tensor slow, Tensor best) {
  /// The number of features of a row.
  public static final int FEATURES = 7;

  private static final double FAST = 1 / 5.0;
  private static final double SLOW = 1 / 50.0;

  /// The flow of one observation.
  public static ContextFlow of(Tensor observation) {
    return new ContextFlow(observation, observation, observation, observation.slice(1, 0, 1));
  }

  /// The flow after one more observation `[rows, 2]` of logarithms.
  public ContextFlow with(Tensor observation) {
    Tensor mean = fast.plus(observation.minus(fast).times(FAST));
    return new ContextFlow(
        observation,
        mean,
        slow.plus(observation.minus(slow).times(SLOW)),
        best.minimum(mean.slice(1, 0, 1)));
  }

  /// `[rows, 7]`: the trends over steps and over tens of steps, where the means are, and the
  /// relative progress, which is how far the mean of the loss is above the least that it has been,
  /// 0 while it falls; in natural logarithms divided by 4.
  public Tensor features() {
    Tensor progress = fast.slice(1, 0, 1).minus(best);
    return Tensor.concat(1, List.of(last.minus(fast), fast.minus(slow), fast, progress)).div(4);
  }
}
