package nestor.hope.rule;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;

/// A deep memory, Behrouz et al., "Nested Learning" (2025), equation 89: M(z) = z + W₁ σ(W₂ z),
/// with σ = silu. The paper leaves σ open.
///
/// ```java
/// FastMemory memory = MlpMemory.init(key, DType.FLOAT32, 64, 128);
/// Tensor y = memory.read(z); // z, y [samples, time, 64]
/// ```
///
/// @param w1 W₁ `[..., width, hidden]`
/// @param w2 W₂ `[..., hidden, width]`
public record MlpMemory(Tensor w1, Tensor w2) implements FastMemory {
  /// Normal weights with the variances 1/hidden and 1/width.
  public static MlpMemory init(Key key, DType dtype, int width, int hidden) {
    return new MlpMemory(
        key.fold("w1").normal(dtype, width, hidden).div(Math.sqrt(hidden)),
        key.fold("w2").normal(dtype, hidden, width).div(Math.sqrt(width)));
  }

  @Override
  public Tensor through(Products products, Tensor z) {
    return z.plus(products.apply(0, Activations.silu(products.apply(1, z))));
  }
}
