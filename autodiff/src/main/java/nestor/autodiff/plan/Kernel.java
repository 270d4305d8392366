package nestor.autodiff.plan;

import java.util.List;
import nestor.autodiff.Composite;
import nestor.autodiff.Op;
import nestor.autodiff.Program;
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

  /// A loop over time.
  ///
  /// @param body a step: its operands are the carry, the step's inputs and what all steps share,
  ///   its results the next carry and the outputs that it computes
  /// @param length the number of steps
  /// @param order whether the first step reads the first of the inputs or the last
  /// @param carries the number of arrays in the carry
  /// @param inputs the number of inputs of each step
  /// @param in the first carry, the inputs of all steps, and what all steps share
  /// @param stacked for each output the carry that it consists of as it enters the steps, or −1
  ///   where the body computes it
  /// @param out the slots of the last carry and of the outputs of all steps
  record Repeat(
      Schedule body,
      int length,
      Program.Repeat.Order order,
      int carries,
      int inputs,
      List<Operand> in,
      int[] stacked,
      int[] out)
      implements Kernel {
    /// Where an operand is.
    ///
    /// @param slot the array
    /// @param offset the position of its first element
    /// @param stride the distance between steps, for the inputs of steps
    public record Operand(int slot, int offset, int stride) {}
  }

  /// One of two schedules, of the same operands and with results of the same types.
  ///
  /// @param whenTrue what is run if the predicate holds
  /// @param whenFalse what is run otherwise
  /// @param in the slots of the predicate and of the operands
  /// @param out the slots of the results
  record Choose(Schedule whenTrue, Schedule whenFalse, int[] in, int[] out) implements Kernel {}

  /// A pass of a composite function by a kernel that the backend has for it.
  ///
  /// @param pass what the kernel is attached to
  /// @param definition the same by the definition
  /// @param types the types of the operands
  /// @param in the slots of the operands
  /// @param out the slots of the results
  record Attached(
      Composite.Pass pass, Schedule definition, List<TensorType> types, int[] in, int[] out)
      implements Kernel {}

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
