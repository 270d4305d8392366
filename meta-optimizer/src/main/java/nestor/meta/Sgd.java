package nestor.meta;

import nestor.autodiff.Tensor;

/// Gradient descent with L2 regularization as in PyTorch's `SGD`:
///
///     θ ← θ − rate · (g + weightDecay θ)
///
/// ```java
/// Sgd sgd = Sgd.withRate(0.1);
/// var now = sgd.start(params);
/// now = sgd.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size, rank 0
/// @param weightDecay the factor of the parameters in the gradient, rank 0
public record Sgd(Tensor rate, Tensor weightDecay) implements Rated {
  /// No weight decay.
  public static Sgd withRate(double rate) {
    return new Sgd(Tensor.scalar(rate), Tensor.scalar(0.0));
  }

  @Override
  public Sgd withRate(Tensor other) {
    return new Sgd(other, weightDecay);
  }

  /// The same optimizer with another weight decay.
  public Sgd withWeightDecay(double decay) {
    return new Sgd(rate, Tensor.scalar(decay));
  }

  /// Parameters in training.
  ///
  /// @param params θ
  public record State<T>(T params) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params);
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    T params = before.params();
    T g = Leaves.regularized(gradient, params, weightDecay);
    return new State<>(Leaves.descended(params, rate, g));
  }
}
