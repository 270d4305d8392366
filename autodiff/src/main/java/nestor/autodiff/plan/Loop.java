package nestor.autodiff.plan;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import nestor.autodiff.Reduce;

/// A fused kernel: what is computed at every element of a space of rows and columns, without the
/// sizes of that space, so that kernels of one structure share their code.
///
/// Instructions are numbered by their position and refer to earlier ones. A value is one number per
/// element or one per row; what follows from per-row values alone is per row. Reductions along a
/// row give per-row values, which later instructions may use at every element of the same row.
///
/// @param dtype the floating type of all numbers
/// @param operands what is read
/// @param instructions what is computed, in order
/// @param results what is written
public record Loop(
    DType dtype, List<Operand> operands, List<Instruction> instructions, List<Result> results) {

  /// Columns of a row up to which a [Fold] sums them. The sum of a longer row is that of the row of
  /// the sums of its pieces of so many columns.
  public static final int LONGEST_SUM = 8192;

  /// Chains of additions in which a row is summed by a [Fold] or [Dot]: chain l takes the columns
  /// l, l + 16, l + 32, …
  public static final int LANES = 16;

  /// How often a value exists.
  public enum Extent {
    /// Once per row.
    ROW,
    /// Once per element.
    ELEMENT
  }

  /// Something read from memory.
  ///
  /// @param dtype the loop's floating type, or `bool`
  /// @param extent whether it is read once per row or once per element
  public record Operand(DType dtype, Extent extent) {}

  /// One computation.
  public sealed interface Instruction permits Load, Constant, Apply, Product, Fold, Dot {}

  /// Reads an operand.
  ///
  /// @param operand its number
  public record Load(int operand) implements Instruction {}

  /// A number of the loop's type, once per row.
  ///
  /// @param value the number
  public record Constant(double value) implements Instruction {}

  /// A pointwise operator: one of `Unary`, `PiecewiseConstant`, `Binary`, `Compare`, `Logical`,
  /// `Where`, `StopGradient`, or a `Cast` from truth values to the loop's type.
  ///
  /// @param op the operator
  /// @param arguments the numbers of its operands' instructions
  public record Apply(Op op, List<Integer> arguments) implements Instruction {}

  /// `fma(left, right, +0)`: an element of a matrix product whose inner size is 1.
  ///
  /// @param left the number of an instruction
  /// @param right the number of an instruction
  public record Product(int left, int right) implements Instruction {}

  /// The sum or the largest number of a row, in the order that `Reductions` of the backend states.
  ///
  /// @param kind what is computed
  /// @param argument the number of a per-element instruction
  public record Fold(Reduce.Kind kind, int argument) implements Instruction {}

  /// The sum over a row of the products of two numbers: an element of a matrix product with one row
  /// or one column.
  ///
  /// Sixteen chains of fused multiply-adds in the loop's type, each from +0: lane l takes columns
  /// l, l + 16, l + 32, …; then lanes l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1.
  ///
  /// @param left the number of a per-element instruction
  /// @param right the number of a per-element instruction
  public record Dot(int left, int right) implements Instruction {}

  /// Something written to memory.
  public sealed interface Result permits Store, ColumnFold, AreaFold {
    /// The number of the instruction whose value is written.
    int value();
  }

  /// Writes a value, numbers or truth values, once per row or once per element. A per-row value
  /// that is stored per element is repeated.
  ///
  /// @param value the number of the instruction
  /// @param extent how often it is written
  public record Store(int value, Extent extent) implements Result {}

  /// Writes the sum or largest number over groups of consecutive rows, column by column, from the
  /// first row to the last (sums of `float32` run in float64 and are rounded once). A loop with one
  /// has no [Fold] and no [Dot]. How many rows a group has is an argument of the run.
  ///
  /// @param kind what is computed
  /// @param value the number of a per-element instruction
  public record ColumnFold(Reduce.Kind kind, int value) implements Result {}

  /// Writes the sum or largest number of groups of consecutive rows with all their columns, as a
  /// [Fold] of the one row that they make one after the other, which has no more than
  /// [#LONGEST_SUM] columns. The number of columns is a multiple of 16. A loop with one has no
  /// [ColumnFold]. How many rows a group has is an argument of the run.
  ///
  /// @param kind what is computed
  /// @param value the number of a per-element instruction
  public record AreaFold(Reduce.Kind kind, int value) implements Result {}

  /// How often each instruction's value exists.
  public List<Extent> extents() {
    Extent[] extents = new Extent[instructions.size()];
    for (int i = 0; i < extents.length; i++) {
      extents[i] =
          switch (instructions.get(i)) {
            case Load(int operand) -> operands.get(operand).extent();
            case Constant constant -> Extent.ROW;
            case Apply(Op op, List<Integer> arguments) ->
                arguments.stream().allMatch(argument -> extents[argument] == Extent.ROW)
                    ? Extent.ROW
                    : Extent.ELEMENT;
            case Product(int left, int right) ->
                extents[left] == Extent.ROW && extents[right] == Extent.ROW
                    ? Extent.ROW
                    : Extent.ELEMENT;
            case Fold fold -> Extent.ROW;
            case Dot dot -> Extent.ROW;
          };
    }
    return List.of(extents);
  }

  /// Whether results are folded over rows.
  public boolean foldsColumns() {
    return results.stream().anyMatch(ColumnFold.class::isInstance);
  }

  /// Whether groups of rows with all their columns are folded.
  public boolean foldsAreas() {
    return results.stream().anyMatch(AreaFold.class::isInstance);
  }

  /// Whether rows are folded, so that all columns of a row are computed together.
  public boolean foldsRows() {
    return foldsAreas()
        || instructions.stream().anyMatch(i -> i instanceof Fold || i instanceof Dot);
  }
}
