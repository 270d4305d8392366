package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Transform.Scanned;

/// Delta gradient descent on a linear layer y = W x, Behrouz et al., "Nested Learning" (2025),
/// equations 56 and 57: the step of gradient descent whose inner objective has an L2 loss for the
/// outer product, so that a layer forgets what it answered to an input before it learns the new,
///
///     W ← W (I − e x xᵀ) − e g xᵀ,   e = rate / (1 + rate ‖x‖²)
///
/// with g the gradient of the loss for y. That is the minimum over V of ⟨V x, g⟩ + ½ ‖V x‖² +
/// ‖V − W‖² / (2 rate). The paper prints e = rate / (1 + rate), which is the same for ‖x‖ = 1 only.
/// Since e ‖x‖² < 1, no step enlarges W but by its −e g xᵀ, at any rate.
///
/// It needs the layer's input beside the gradient, and hence is no [Optimizer] of trees.
///
/// ```java
/// DeltaGradientDescent descent = DeltaGradientDescent.withRate(0.1);
/// Tensor g = grad(y -> loss(y), w.matmul(x));
/// Tensor next = descent.next(w, x, g);
/// ```
///
/// @param rate the step size η, rank 0
public record DeltaGradientDescent(Tensor rate) {
  /// A rate that is a number.
  public static DeltaGradientDescent withRate(double rate) {
    return new DeltaGradientDescent(Tensor.scalar(rate));
  }

  /// The layer after one more input.
  ///
  /// @param w W, `[out, in]`
  /// @param x the layer's input, `[in]`
  /// @param g the gradient for the layer's output, `[out]`
  public Tensor next(Tensor w, Tensor x, Tensor g) {
    Tensor step = Leaves.as(rate, x);
    Tensor e = step.div(x.square().sum().times(step).plus(1));
    Tensor changed = w.matmul(x).plus(g).times(e);
    return w.minus(changed.expandDims(1).times(x));
  }

  /// The layer after a sequence of inputs whose gradients are known, as those of one chunk are.
  ///
  /// @param w W, `[out, in]`
  /// @param x the layer's inputs, `[time, in]`
  /// @param g the gradients for its outputs, `[time, out]`
  /// @return the last W, and as outputs W after each step, `[time, out, in]`
  public Scanned<Tensor, Tensor> sequence(Tensor w, Tensor x, Tensor g) {
    record Seen(Tensor x, Tensor g) {}
    return Transform.scan(
        (Tensor now, Seen seen) -> {
          Tensor next = next(now, seen.x(), seen.g());
          return new Transform.Step<>(next, next);
        },
        w,
        new Seen(x, g));
  }
}
