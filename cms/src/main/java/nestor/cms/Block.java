package nestor.cms;

import nestor.autodiff.Tensor;

/// A memory that a level of a continuum memory system writes: a tree of tensors θ that maps tokens
/// to tokens, each for itself: y = M(x; θ), the MLP⁽ˡ⁾ of Behrouz et al., "Nested Learning" (2025),
/// equation 70.
///
/// An implementation is a record of floating tensors, in a package that is open to
/// `nestor.autodiff`; its constructor checks no shapes.
///
/// ```java
/// record Gated(Linear value, Linear gate) implements Block {
///   public Tensor apply(Tensor x) {
///     return x.plus(value.apply(x).times(gate.apply(x).sigmoid()));
///   }
/// }
/// ```
public interface Block {
  /// The block's output `[..., width]` for `[..., width]`.
  Tensor apply(Tensor x);
}
