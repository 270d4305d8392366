package nestor.autodiff;

/// What the operators share that work element by element under NumPy's broadcasting.
final class Pointwise {
  private Pointwise() {}

  /// The batching rule of all pointwise operators: axes of size 1 behind the batch axis give every
  /// mapped operand the same rank, and broadcasting does the rest.
  static Tensor batch(Op op, Tensor[] in, boolean[] mapped) {
    return Dispatch.apply(op, alignRanks(in, mapped));
  }

  /// Gives mapped operands of lower rank axes of size 1 behind the batch axis.
  static Tensor[] alignRanks(Tensor[] in, boolean[] mapped) {
    int rank = 0;
    for (int i = 0; i < in.length; i++) {
      rank = Math.max(rank, in[i].shape().rank() + (mapped[i] ? 0 : 1));
    }
    Tensor[] aligned = in.clone();
    for (int i = 0; i < in.length; i++) {
      int own = in[i].shape().rank();
      if (mapped[i] && own < rank) {
        int[] dims = new int[rank];
        java.util.Arrays.fill(dims, 1);
        dims[0] = in[i].shape().dim(0);
        for (int axis = 1; axis < own; axis++) {
          dims[rank - own + axis] = in[i].shape().dim(axis);
        }
        aligned[i] = in[i].reshape(dims);
      }
    }
    return aligned;
  }

  /// Demands operands of one and the same element type.
  static DType same(TensorType... in) {
    for (TensorType type : in) {
      if (type.dtype() != in[0].dtype()) {
        throw new Mismatch(
            "the element types %s and %s differ; cast one of them"
                .formatted(in[0].dtype(), type.dtype()));
      }
    }
    return in[0].dtype();
  }

  /// Demands a floating operand.
  static DType floating(TensorType in) {
    if (!in.dtype().isFloat()) {
      throw new Mismatch(
          "needs float64 or float32, but got " + in.dtype() + "; cast it to a float type");
    }
    return in.dtype();
  }
}
