package nestor.hope.rule;

import nestor.autodiff.Tensor;

/// A network that sequences read and do not write, such as the query projection of self-modifying
/// Titans, Behrouz et al., "Nested Learning" (2025), equations 83 to 88: M(z) = network(z).
///
/// ```java
/// FastMemory query = new Fixed(new LinearMemory(w)); // w [64, 64]
/// Tensor q = query.read(x); // x, q [samples, time, 64]
/// ```
///
/// @param network what it is; one for all samples
public record Fixed(FastMemory network) implements FastMemory {
  @Override
  public Tensor through(Products products, Tensor z) {
    return network.through(products, z);
  }
}
