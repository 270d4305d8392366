package nestor.autodiff.plan;

import java.util.List;
import nestor.autodiff.Op;
import nestor.autodiff.TensorType;

/// A step of a plan. Arrays are numbered by slots.
public sealed interface Kernel {
  /// A fused loop.
  ///
  /// @param loop what is computed
  /// @param arguments where, and over which space
  record Fused(Loop loop, LoopArguments arguments) implements Kernel {}

  /// Matrix products `C[t] = A[t] · B[t]` of one shape, C row-major one after the other.
  ///
  /// @param m rows of A and C
  /// @param n columns of B and C
  /// @param k columns of A, rows of B
  /// @param left where the matrices A are
  /// @param right where the matrices B are
  /// @param out the slot of C
  record Product(int m, int n, int k, Matrices left, Matrices right, int out) implements Kernel {}

  /// Matrices of one shape in one array.
  ///
  /// @param slot the array
  /// @param starts the position of each matrix' first element
  /// @param rowStride the distance of neighbours in a column
  /// @param columnStride the distance of neighbours in a row
  record Matrices(int slot, int[] starts, int rowStride, int columnStride) {}

  /// A strided view copied into a whole array.
  ///
  /// @param in the slot of the array that is read
  /// @param dims the axes
  /// @param strides the distances along the axes
  /// @param offset the position of the first element
  /// @param out the slot of the copy
  record Copy(int in, int[] dims, int[] strides, int offset, int out) implements Kernel {}

  /// An operator that a backend has a kernel of its own for.
  ///
  /// @param op the operator
  /// @param types the types of the operands
  /// @param in the slots of the operands
  /// @param type the type of the result
  /// @param out the slot of the result
  record Single(Op op, List<TensorType> types, int[] in, TensorType type, int out)
      implements Kernel {}
}
