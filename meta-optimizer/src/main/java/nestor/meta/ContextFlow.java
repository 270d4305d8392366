package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;

/// What a meta-optimizer sees of each level: the logarithms of the loss and of the norm of the
/// level's gradient, now, and as exponential means over about 5 and 50 steps. The differences
/// between them are the trends; the number of the step is no feature.
///
/// @param last the latest logarithms, `[levels, 2]`: loss, gradient norm
/// @param fast their means over about 5 steps
/// @param slow their means over about 50 steps
public record ContextFlow(Tensor last, Tensor fast, Tensor slow) {
  /// The number of features of a level.
  public static final int FEATURES = 6;

  private static final double FAST = 1 / 5.0;
  private static final double SLOW = 1 / 50.0;

  /// The flow of one observation.
  public static ContextFlow of(Tensor observation) {
    return new ContextFlow(observation, observation, observation);
  }

  /// The flow after one more observation `[levels, 2]` of logarithms.
  public ContextFlow with(Tensor observation) {
    return new ContextFlow(
        observation,
        fast.plus(observation.minus(fast).times(FAST)),
        slow.plus(observation.minus(slow).times(SLOW)));
  }

  /// `[levels, 6]`: the trends over steps and over tens of steps, and where the means are, in
  /// natural logarithms divided by 4.
  public Tensor features() {
    return Tensor.concat(1, List.of(last.minus(fast), fast.minus(slow), fast)).div(4);
  }
}
