package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// RMSProp, Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5 (2012), as in
/// PyTorch's `RMSprop`:
///
///     v ← decay · v + (1 − decay) g²,   θ ← θ − rate · g / (√v + epsilon)
///
/// Where a gradient has been exactly 0 so far, √v counts as a constant: first derivatives are the
/// step's own, the second does not exist there and comes out as 0.
///
/// ```java
/// RmsProp rmsProp = RmsProp.withRate(0.01);
/// var now = rmsProp.start(params);
/// now = rmsProp.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size, rank 0
/// @param decay of the mean squared gradient, rank 0
/// @param epsilon what is added to the root, rank 0
public record RmsProp(Tensor rate, Tensor decay, Tensor epsilon) implements Rated {
  /// A decay of 0.99 and an epsilon of 1e-8.
  public static RmsProp withRate(double rate) {
    return new RmsProp(Tensor.scalar(rate), Tensor.scalar(0.99), Tensor.scalar(1e-8));
  }

  @Override
  public RmsProp withRate(Tensor other) {
    return new RmsProp(other, decay, epsilon);
  }

  /// Parameters in training.
  ///
  /// @param params θ
  /// @param meanSquare v
  public record State<T>(T params, T meanSquare) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params, Leaves.zeros(params));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T square = Tree.zip(now.meanSquare(), gradient, (v, g) -> Leaves.mix(decay, v, g.square()));
    T direction = Leaves.scaled(gradient, square, epsilon);
    return new State<>(Leaves.descended(now.params(), rate, direction), square);
  }
}
