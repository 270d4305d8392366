package nestor.cms;

import nestor.autodiff.Tensor;

/// A memory that a level of a continuum memory system writes: a tree of tensors that maps tokens to
/// tokens, each for itself.
///
/// An implementation is a record of floating tensors, in a package that is open to
/// `nestor.autodiff`; its constructor checks no shapes.
public interface Block {
  /// The block's output `[..., width]` for `[..., width]`.
  Tensor apply(Tensor x);
}
