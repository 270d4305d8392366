package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Limits on gradients.
public final class GradientClip {
  private GradientClip() {}

  /// The gradient times min(1, limit / (norm + 1e-6)) with the 2-norm of all its elements together,
  /// Pascanu et al., "On the difficulty of training recurrent neural networks" (2013).
  public static <T> T byGlobalNorm(T gradient, double limit) {
    Tensor norm = Tree.norm(gradient);
    Tensor factor = norm.plus(1e-6).reciprocal().times(limit).minimum(1);
    return Tree.map(gradient, leaf -> leaf.times(factor));
  }
}
