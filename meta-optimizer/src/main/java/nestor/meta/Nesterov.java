package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Nesterov's accelerated gradient in the form of Sutskever et al., "On the importance of
/// initialization and momentum in deep learning" (2013), in terms of the parameters that look
/// ahead, as in PyTorch's `SGD`:
///
///     m ← momentum · m − rate · g,   W ← W + momentum · m − rate · g
///
/// ```java
/// Nesterov nesterov = Nesterov.withRate(0.01);
/// var now = nesterov.start(params);
/// now = nesterov.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param momentum the decay α of the memory, rank 0
public record Nesterov(Tensor rate, Tensor momentum) implements WithMomentum {
  /// A momentum of 0.9.
  public static Nesterov withRate(double rate) {
    return new Nesterov(Tensor.scalar(rate), Tensor.scalar(0.9));
  }

  @Override
  public Nesterov withRate(Tensor other) {
    return new Nesterov(other, momentum);
  }

  @Override
  public Nesterov withMomentum(Tensor other) {
    return new Nesterov(rate, other);
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
    T ahead = Tree.zip(memory, gradient, (m, g) -> Leaves.pushed(momentum, m, rate, g));
    return new State<>(Tree.zip(now.params(), ahead, Tensor::plus), memory);
  }
}
