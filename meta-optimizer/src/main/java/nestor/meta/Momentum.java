package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Gradient descent with momentum (Polyak, 1964) as Behrouz et al., "Nested Learning" (2025), write
/// it in equation 33, a memory that compresses past gradients:
///
///     m ← momentum · m − rate · g,   W ← W + m
///
/// For one rate these are the steps of PyTorch's `SGD`, which multiplies m by the rate only when it
/// is used; with a [Schedule] the two differ.
///
/// ```java
/// Momentum momentum = Momentum.withRate(0.01);
/// var now = momentum.start(params);
/// now = momentum.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param momentum the decay α of the memory, rank 0
public record Momentum(Tensor rate, Tensor momentum) implements WithMomentum {
  /// A momentum of 0.9.
  public static Momentum withRate(double rate) {
    return new Momentum(Tensor.scalar(rate), Tensor.scalar(0.9));
  }

  @Override
  public Momentum withRate(Tensor other) {
    return new Momentum(other, momentum);
  }

  @Override
  public Momentum withMomentum(Tensor other) {
    return new Momentum(rate, other);
  }

  /// Parameters in training.
  ///
  /// @param params W
  /// @param memory m
  public record State<T>(T params, T memory) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params, Leaves.zeros(params));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T memory = Tree.zip(now.memory(), gradient, (m, g) -> Leaves.pushed(momentum, m, rate, g));
    return new State<>(Tree.zip(now.params(), memory, Tensor::plus), memory);
  }
}
