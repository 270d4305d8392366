package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Normalization;

/// Limits on gradients. Norms of 0 count as constants in derivatives.
public final class GradientClip {
  private GradientClip() {}

  /// The gradient times min(1, limit / (norm + 1e-6)) with the 2-norm of all its elements together,
  /// Pascanu et al., "On the difficulty of training recurrent neural networks" (2013).
  public static <T> T byGlobalNorm(T gradient, double limit) {
    return byGlobalNorm(gradient, Tensor.scalar(limit));
  }

  /// The same with a limit of rank 0 that can be differentiated.
  public static <T> T byGlobalNorm(T gradient, Tensor limit) {
    List<Tensor> leaves = Tree.leaves(gradient);
    Tensor square =
        leaves.stream()
            .map(leaf -> leaf.square().sum())
            .reduce(Tensor::plus)
            .orElseThrow(() -> new IllegalArgumentException("the gradient has no tensor"));
    Tensor factor = factor(Leaves.root(square), limit);
    return Tree.map(gradient, leaf -> leaf.times(factor));
  }

  /// Each leaf g times min(1, limit / (‖g‖ + 1e-6)), with its own 2-norm.
  public static <T> T byLeafNorm(T gradient, double limit) {
    return byLeafNorm(gradient, Tensor.scalar(limit));
  }

  /// The same with a limit of rank 0 that can be differentiated.
  public static <T> T byLeafNorm(T gradient, Tensor limit) {
    return Tree.map(gradient, leaf -> leaf.times(factor(Normalization.norm(leaf), limit)));
  }

  /// Each element, at least −limit and at most limit.
  public static <T> T byValue(T gradient, double limit) {
    return byValue(gradient, Tensor.scalar(limit));
  }

  /// The same with a limit of rank 0 that can be differentiated.
  public static <T> T byValue(T gradient, Tensor limit) {
    return Tree.map(
        gradient,
        leaf -> {
          Tensor high = Leaves.as(limit, leaf);
          return leaf.maximum(high.neg()).minimum(high);
        });
  }

  private static Tensor factor(Tensor norm, Tensor limit) {
    return norm.plus(1e-6).reciprocal().times(Leaves.as(limit, norm)).minimum(1);
  }
}
