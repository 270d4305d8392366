package nestor.autodiff;

/// An operator with a vector-Jacobian product.
public sealed interface DifferentiableOp extends Op
    permits Unary,
        Binary,
        Where,
        Cast,
        Reduce,
        CumulativeSum,
        MatMul,
        SolveLowerUnit,
        Reshape,
        Permute,
        Broadcast,
        Slice,
        Pad,
        Flip,
        Concat,
        Gather,
        ScatterAdd,
        Unfold,
        Fold {
  /// The gradient of ⟨`out`, `g`⟩ with respect to operand `i`, of that operand's type and shape.
  ///
  /// Written with tensor operations only, so that it can itself be differentiated and batched.
  Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g);
}
