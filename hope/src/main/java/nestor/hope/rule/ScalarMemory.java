package nestor.hope.rule;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;

/// A deep memory of a single number: M(z) = W₁ silu(W₂ z), [MlpMemory] without the residual, which
/// has no place where the answer is not as wide as the question.
///
/// ```java
/// FastMemory rate = ScalarMemory.init(key, DType.FLOAT32, 64, 128);
/// Tensor logit = rate.read(z); // z [samples, time, 64], logit [samples, time, 1]
/// ```
///
/// @param w1 W₁ `[..., 1, hidden]`
/// @param w2 W₂ `[..., hidden, width]`
public record ScalarMemory(Tensor w1, Tensor w2) implements FastMemory {
  /// Normal weights with the variances 1/hidden and 1/width.
  public static ScalarMemory init(Key key, DType dtype, int width, int hidden) {
    return new ScalarMemory(
        key.fold("w1").normal(dtype, 1, hidden).div(Math.sqrt(hidden)),
        key.fold("w2").normal(dtype, hidden, width).div(Math.sqrt(width)));
  }

  @Override
  public Tensor through(Products products, Tensor z) {
    return products.apply(0, Activations.silu(products.apply(1, z)));
  }
}
