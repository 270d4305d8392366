package nestor.hope.rule;

import nestor.autodiff.Tensor;

/// A memory that is a matrix: M(z) = W z.
///
/// ```java
/// FastMemory memory = new LinearMemory(Tensor.zeros(DType.FLOAT32, 64, 64));
/// Tensor y = memory.read(z); // z, y [samples, time, 64]
/// ```
///
/// @param w W `[..., out, in]`
public record LinearMemory(Tensor w) implements FastMemory {
  @Override
  public Tensor through(Products products, Tensor z) {
    return products.apply(0, z);
  }
}
