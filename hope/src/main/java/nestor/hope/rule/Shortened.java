package nestor.hope.rule;

import nestor.autodiff.Tensor;

/// A network whose answers are shorter than 1: M(z) = N(z) / √(1 + ‖N(z)‖²), of the shapes of N.
///
/// As the memory of values of self-modifying Titans it bounds the targets that memories set
/// themselves, see [SelfModifyingRule]; the paper leaves values unbounded.
///
/// ```java
/// FastMemory values = new Shortened(new LinearMemory(w));
/// Tensor v = values.read(z); // [samples, time, width], each of norm below 1
/// ```
///
/// @param network N
public record Shortened(FastMemory network) implements FastMemory {
  @Override
  public Tensor through(Products products, Tensor z) {
    return of(network.through(products, z));
  }

  /// x / √(1 + ‖x‖²) along the last axis.
  public static Tensor of(Tensor x) {
    return x.times(x.square().sumKeepDims(-1).plus(1).rsqrt());
  }
}
