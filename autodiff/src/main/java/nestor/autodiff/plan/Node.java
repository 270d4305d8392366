package nestor.autodiff.plan;

import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.Composite;
import nestor.autodiff.MatMul;
import nestor.autodiff.Op;
import nestor.autodiff.Program;
import nestor.autodiff.Reduce;

/// One computation of a lowered program; each of its results fills an array in row-major order.
///
/// @param work what is computed
/// @param inputs what it reads
/// @param out the number of its first result
/// @param more the numbers of its other results
/// @param region 0, or the number of a recomputation
record Node(Work work, List<Ref> inputs, int out, List<Integer> more, int region) {
  /// What a node computes.
  sealed interface Work {}

  /// A pointwise operator; inputs have the shape of the result.
  record Point(Op op) implements Work {}

  /// An element of a matrix product of inner size 1; inputs have the shape of the result.
  record Outer() implements Work {}

  /// A reduction of rows, whose results are one for each row; the input is rows by columns.
  record RowFold(Reduce.Kind kind, int columns) implements Work {}

  /// The products of rows of two inputs, each rows by columns.
  record RowDot(int columns) implements Work {}

  /// A reduction over groups of rows, column by column; the input is rows by columns.
  record GroupFold(Reduce.Kind kind, int group, int columns) implements Work {}

  /// A reduction of groups of rows with all their columns, in the order of a reduction of the one
  /// row that they make; the input is rows by columns.
  record AreaFold(Reduce.Kind kind, int group, int columns) implements Work {}

  /// A matrix product; inputs are `[batch…, m, k]` and `[batch…, k, n]` with the result's batch.
  record Product(MatMul op) implements Work {}

  /// A copy of a view that no loop reads well, such as a transpose.
  record Copy() implements Work {}

  /// A loop over time.
  ///
  /// @param body the schedule of a step: its operands are the carry, the step's inputs and what all
  ///   steps share, its results the next carry and the step's outputs
  /// @param step the program's step
  /// @param stacked for each output of the scan the carry that it consists of as it enters the
  ///   steps, or −1 where it is computed by the body
  record Repeat(Schedule body, Program.Repeat step, int[] stacked) implements Work {}

  /// One of two schedules; inputs are the predicate and whole arrays.
  record Choose(Schedule whenTrue, Schedule whenFalse) implements Work {}

  /// A pass of a composite function that has a kernel; inputs are whole arrays.
  record Attached(Composite.Pass pass, Schedule definition) implements Work {}

  /// An operator that a backend runs by itself; inputs are whole arrays.
  record Single(Op op) implements Work {}

  /// Whether the node can be a part of a loop.
  boolean isLoop() {
    return switch (work) {
      case Point point -> true;
      case Outer outer -> true;
      case RowFold fold -> true;
      case RowDot dot -> true;
      case GroupFold fold -> true;
      case AreaFold fold -> true;
      case Product product -> false;
      case Copy copy -> false;
      case Repeat repeat -> false;
      case Choose choose -> false;
      case Attached attached -> false;
      case Single single -> false;
    };
  }

  /// Whether rows are reduced.
  boolean foldsRows() {
    return work instanceof RowFold || work instanceof RowDot;
  }

  /// Whether groups of rows are reduced.
  boolean foldsGroups() {
    return work instanceof GroupFold || work instanceof AreaFold;
  }

  /// The numbers of all results.
  IntStream results() {
    return IntStream.concat(IntStream.of(out), more.stream().mapToInt(Integer::intValue));
  }
}
