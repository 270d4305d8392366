package nestor.meta;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// The network of a meta-optimizer: from the context flow of each level to the step size and the
/// momentum of its next write.
///
///     r = head · tanh(hidden · features),   step = exp(step₀ + r₀),   momentum = σ(momentum₀ + r₁)
///
/// Both stay inside their bounds by smooth functions, so their gradients do not vanish there as a
/// clamp's do.
///
/// @param hidden from [ContextFlow#FEATURES] to hidden units, shared by all levels
/// @param head `[2, hidden]`, shared by all levels; starts at 0
/// @param step the logarithms of the step sizes, `[levels]`
/// @param momentum the logits of the momenta, `[levels]`
public record StepGenerator(Linear hidden, Tensor head, Tensor step, Tensor momentum) {
  private static final int HIDDEN = 16;

  /// What a network gives for each level.
  ///
  /// @param step `[levels]`, in units of Polyak's step
  /// @param momentum `[levels]`, in (0, 1)
  public record Generated(Tensor step, Tensor momentum) {}

  /// A network that generates what the levels declare, whatever the context.
  public static StepGenerator init(Key key, DType dtype, Levels levels) {
    double[] steps = levels.levels().stream().mapToDouble(l -> Math.log(l.step())).toArray();
    double[] momenta =
        levels.levels().stream()
            .mapToDouble(l -> Math.log(l.momentum() / (1 - l.momentum())))
            .toArray();
    return new StepGenerator(
        Linear.init(key, dtype, ContextFlow.FEATURES, HIDDEN),
        Tensor.zeros(dtype, 2, HIDDEN),
        Tensor.of(steps).cast(dtype),
        Tensor.of(momenta).cast(dtype));
  }

  /// Step sizes and momenta for features `[levels, 6]`.
  public Generated at(Tensor features) {
    Tensor r = hidden.apply(features).tanh().matmulTransposed(head); // [levels, 2]
    Tensor momenta = momentum.plus(r.slice(1, 1, 2).reshape(momentum.shape())).sigmoid();
    return new Generated(step.plus(r.slice(1, 0, 1).reshape(step.shape())).exp(), momenta);
  }
}
