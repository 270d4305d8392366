package nestor.hope.rule;

import nestor.autodiff.Tensor;

/// A network that sequences read and do not write, such as the query projection of self-modifying
/// Titans.
///
/// ```java
/// FastMemory query = new Fixed(new LinearMemory(wq));
/// ```
///
/// @param network what it is; one for all samples
public record Fixed(FastMemory network) implements FastMemory {
  @Override
  public Tensor through(Products products, Tensor z) {
    return network.through(products, z);
  }
}
