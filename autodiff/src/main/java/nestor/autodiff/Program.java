package nestor.autodiff;

import java.util.List;

/// A traced function as a list of operators over numbered tensors, for a backend to compile.
///
/// The first `inputs` numbers are the operands; constants and results follow in any order.
///
/// @param types the type of each numbered tensor
/// @param inputs how many operands there are
/// @param donated per operand, whether its memory may be overwritten and handed out with a result
/// @param constants tensors that are known beforehand
/// @param steps what is computed, in order
/// @param outputs the numbers of the results
public record Program(
    List<TensorType> types,
    int inputs,
    boolean[] donated,
    List<Constant> constants,
    List<Step> steps,
    int[] outputs) {

  /// A tensor that is known beforehand.
  ///
  /// @param id its number
  /// @param array its elements as a Java array that nobody writes
  public record Constant(int id, Object array) {}

  /// One computation.
  public sealed interface Step permits Apply, Repeat, Choose, Attached {
    /// The numbers of the operands.
    int[] in();

    /// The numbers of the results.
    int[] results();

    /// 0, or the number of a recomputation, which shares nothing with what is outside.
    int region();
  }

  /// An operator.
  ///
  /// @param op the operator
  /// @param in the numbers of its operands
  /// @param out the number of its result
  /// @param region see [Step#region]
  public record Apply(Op op, int[] in, int out, int region) implements Step {
    @Override
    public int[] results() {
      return new int[] {out};
    }
  }

  /// A loop over time, see [Transform#scan].
  ///
  /// @param body one step; its operands are the carry, the step's inputs and what all steps share,
  ///   its results the next carry and the step's outputs
  /// @param length the number of steps
  /// @param order whether the first step reads the first of the inputs or the last
  /// @param carries the number of tensors in the carry
  /// @param inputs the number of inputs of each step
  /// @param in the numbers of the first carry, of the inputs of all steps along axis 0, and of what
  ///   all steps share
  /// @param results the numbers of the last carry and of the outputs of all steps along axis 0
  /// @param region see [Step#region]
  public record Repeat(
      Program body,
      int length,
      Order order,
      int carries,
      int inputs,
      int[] in,
      int[] results,
      int region)
      implements Step {
    /// The order in which steps are done; inputs and outputs keep their places.
    public enum Order {
      /// From the first to the last.
      FORWARD,
      /// From the last to the first.
      REVERSE
    }
  }

  /// One of two programs, see [Transform#cond].
  ///
  /// @param whenTrue what is done if the predicate holds
  /// @param whenFalse what is done otherwise, of the same operands and with results of the same
  ///   types
  /// @param in the numbers of the predicate and of the operands
  /// @param results the numbers of the results
  /// @param region see [Step#region]
  public record Choose(Program whenTrue, Program whenFalse, int[] in, int[] results, int region)
      implements Step {}

  /// A pass of a [Composite] function for which the backend has a kernel.
  ///
  /// @param pass what the kernel is attached to
  /// @param definition what the kernel is held to
  /// @param in the numbers of the operands
  /// @param results the numbers of the results
  /// @param region see [Step#region]
  public record Attached(
      Composite.Pass pass, Program definition, int[] in, int[] results, int region)
      implements Step {}

  /// The program of a graph that captures no traced tensor, for a backend.
  static Program of(Graph graph, boolean[] donated, Backend backend) {
    return Flattening.program(graph, donated, backend::hasKernel);
  }
}
