package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// The network of a meta-optimizer: from the context flow of each level to the step size and the
/// momentum of its next write, and from that of each group of its parameters to a scale.
///
///     r = head · tanh(hidden · features),   step = exp(step₀ + r₀),   momentum = σ(momentum₀ + r₁)
///     scale = exp(s − mean s),   s = scale₀ + r₂ of the group
///
/// The scales of a level have a geometric mean of 1, so that its step keeps its meaning. All stay
/// inside their bounds by smooth functions, so their gradients do not vanish there as a clamp's do.
///
/// The groups of a level are its path patterns, where it has several; a parameter belongs to the first
/// that covers it. A level with one group has no scale, which would be its step once more.
///
/// @param hidden from [ContextFlow#FEATURES] to hidden units, shared by all levels and groups
/// @param head `[3, hidden]`, shared by all; `[2, hidden]` where no level has groups; starts at 0
/// @param step the logarithms of the step sizes, `[levels]`
/// @param momentum the logits of the momenta, `[levels]`
/// @param scales for each level that has groups the logarithms of their scales, `[groups]`
public record StepGenerator(
    Linear hidden, Tensor head, Tensor step, Tensor momentum, List<Tensor> scales) {
  private static final int HIDDEN = 16;

  /// What a network gives for each level.
  ///
  /// @param step `[levels]`, in units of Polyak's step
  /// @param momentum `[levels]`, in (0, 1)
  /// @param scales as many as the generator has, `[groups]` each
  public record Generated(Tensor step, Tensor momentum, List<Tensor> scales) {}

  /// A network that generates what the levels declare, whatever the context, and scales of 1.
  ///
  /// @param groups how many groups there are in each level that has several
  public static StepGenerator init(Key key, DType dtype, Levels levels, List<Integer> groups) {
    double[] steps = levels.levels().stream().mapToDouble(l -> Math.log(l.step())).toArray();
    double[] momenta =
        levels.levels().stream()
            .mapToDouble(l -> Math.log(l.momentum() / (1 - l.momentum())))
            .toArray();
    return new StepGenerator(
        Linear.init(key, dtype, ContextFlow.FEATURES, HIDDEN),
        Tensor.zeros(dtype, groups.isEmpty() ? 2 : 3, HIDDEN),
        Tensor.of(steps).cast(dtype),
        Tensor.of(momenta).cast(dtype),
        groups.stream().map(count -> Tensor.zeros(dtype, count)).toList());
  }

  /// Step sizes, momenta and scales for features `[levels + groups, 7]`.
  public Generated at(Tensor features) {
    Tensor r = hidden.apply(features).tanh().matmulTransposed(head); // [levels + groups, 2 or 3]
    int levels = step.shape().dim(0);
    Tensor logStep = step.plus(column(r, 0, 0, levels));
    Tensor logit = momentum.plus(column(r, 1, 0, levels));
    List<Tensor> generated = new ArrayList<>();
    int row = levels;
    for (Tensor scale : scales) {
      int count = scale.shape().dim(0);
      Tensor s = scale.plus(column(r, 2, row, count));
      generated.add(s.minus(s.mean()).exp());
      row += count;
    }
    return new Generated(logStep.exp(), logit.sigmoid(), List.copyOf(generated));
  }

  private static Tensor column(Tensor r, int column, int first, int count) {
    return r.slice(0, first, first + count).slice(1, column, column + 1).reshape(count);
  }
}
