package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// AdaGrad with diagonal matrices, Duchi et al., "Adaptive subgradient methods" (2011), as in
/// PyTorch's `Adagrad`; an associative memory of outer products in Behrouz et al., "Nested
/// Learning" (2025), equations 106 to 111:
///
///     v ← v + g²,   θ ← θ − rate · g / (√v + epsilon)
///
/// Where a gradient has been exactly 0 so far, √v counts as a constant: first derivatives are the
/// step's own, the second does not exist there and comes out as 0.
///
/// ```java
/// AdaGrad adaGrad = AdaGrad.withRate(0.01);
/// var now = adaGrad.start(params);
/// now = adaGrad.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size, rank 0
/// @param epsilon what is added to the root, rank 0
public record AdaGrad(Tensor rate, Tensor epsilon) implements Rated {
  /// An epsilon of 1e-10.
  public static AdaGrad withRate(double rate) {
    return new AdaGrad(Tensor.scalar(rate), Tensor.scalar(1e-10));
  }

  @Override
  public AdaGrad withRate(Tensor other) {
    return new AdaGrad(other, epsilon);
  }

  /// Parameters in training.
  ///
  /// @param params θ
  /// @param squares v
  public record State<T>(T params, T squares) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params, Leaves.zeros(params));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T squares = Tree.zip(now.squares(), gradient, (v, g) -> v.plus(g.square()));
    T direction = Leaves.scaled(gradient, squares, epsilon);
    return new State<>(Leaves.descended(now.params(), rate, direction), squares);
  }
}
