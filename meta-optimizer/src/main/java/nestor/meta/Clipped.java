package nestor.meta;

import nestor.autodiff.Tensor;

/// An optimizer that sees its gradients within a limit: a step with clip(g) in the place of g; the
/// formulas are those of [GradientClip].
///
/// ```java
/// Clipped optimizer = Clipped.byGlobalNorm(AdamW.withRate(1e-3), 1);
/// var now = optimizer.start(params);
/// now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param optimizer what makes the steps; the states are its own
/// @param clip the limit
public record Clipped(Optimizer optimizer, Clip clip) implements Optimizer {
  /// A limit on the norm of all elements together.
  public static Clipped byGlobalNorm(Optimizer optimizer, double limit) {
    return new Clipped(optimizer, new Clip.GlobalNorm(Tensor.scalar(limit)));
  }

  /// A limit on the norm of each leaf.
  public static Clipped byLeafNorm(Optimizer optimizer, double limit) {
    return new Clipped(optimizer, new Clip.LeafNorm(Tensor.scalar(limit)));
  }

  /// A limit on the size of each element.
  public static Clipped byValue(Optimizer optimizer, double limit) {
    return new Clipped(optimizer, new Clip.Value(Tensor.scalar(limit)));
  }

  @Override
  public <T> State<T> start(T params) {
    return optimizer.start(params);
  }

  @Override
  public <T> State<T> next(State<T> now, T gradient) {
    return optimizer.next(now, clip.apply(gradient));
  }
}
