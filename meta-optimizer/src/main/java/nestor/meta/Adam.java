package nestor.meta;

import static nestor.meta.Leaves.as;
import static nestor.meta.Leaves.mix;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Adam, Kingma and Ba (2014), algorithm 1, with L2 regularization as in PyTorch's `Adam`:
///
///     g ← g + weightDecay θ
///     m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
///     θ ← θ − rate · m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + epsilon)
///
/// A step is a pure function and can be differentiated, also for the hyper-parameters. Where a
/// gradient has been exactly 0 so far, √v counts as a constant, which gives the step its true first
/// derivative, −rate / epsilon at t = 1; the second does not exist there and comes out as 0.
///
/// ```java
/// Adam adam = Adam.withRate(1e-3);
/// var now = adam.start(params);
/// now = adam.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size, rank 0, as are all
/// @param beta1 the decay of the mean gradient
/// @param beta2 the decay of the mean squared gradient
/// @param epsilon what is added to the root
/// @param weightDecay the factor of the parameters in the gradient
public record Adam(Tensor rate, Tensor beta1, Tensor beta2, Tensor epsilon, Tensor weightDecay)
    implements WithMomentum {

  /// `float64` hyper-parameters 0.9, 0.999, 1e-8 and no weight decay; each step uses them in the
  /// type of the parameters.
  public static Adam withRate(double rate) {
    return new Adam(
        Tensor.scalar(rate),
        Tensor.scalar(0.9),
        Tensor.scalar(0.999),
        Tensor.scalar(1e-8),
        Tensor.scalar(0.0));
  }

  /// The same optimizer with another weight decay.
  public Adam withWeightDecay(double decay) {
    return new Adam(rate, beta1, beta2, epsilon, Tensor.scalar(decay));
  }

  @Override
  public Adam withRate(Tensor other) {
    return new Adam(other, beta1, beta2, epsilon, weightDecay);
  }

  /// The decay β1 of the mean, rank 0.
  @Override
  public Tensor momentum() {
    return beta1;
  }

  @Override
  public Adam withMomentum(Tensor other) {
    return new Adam(rate, other, beta2, epsilon, weightDecay);
  }

  /// Parameters in training.
  ///
  /// @param params θ
  /// @param mean m
  /// @param meanSquare v
  /// @param step t, the number of steps taken, `float64`
  public record State<T>(T params, T mean, T meanSquare, Tensor step)
      implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    T zero = Leaves.zeros(params);
    return new State<>(params, zero, zero, Tensor.scalar(0.0));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    Tensor step = now.step().plus(1);
    Tensor meanWeight = beta1.pow(step).neg().plus(1).reciprocal();
    Tensor squareWeight = beta2.pow(step).neg().plus(1).reciprocal();
    T g = Leaves.regularized(gradient, now.params(), weightDecay);
    T mean = Tree.zip(now.mean(), g, (m, d) -> mix(beta1, m, d));
    T square = Tree.zip(now.meanSquare(), g, (v, d) -> mix(beta2, v, d.square()));
    T params =
        Tree.zip(
            now.params(),
            mean,
            square,
            (p, m, v) -> {
              Tensor root = Leaves.root(v.times(as(squareWeight, v))).plus(as(epsilon, v));
              return p.minus(m.times(as(rate.times(meanWeight), m)).div(root));
            });
    return new State<>(params, mean, square, step);
  }
}
