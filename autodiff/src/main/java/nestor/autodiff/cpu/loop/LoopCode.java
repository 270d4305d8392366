package nestor.autodiff.cpu.loop;

import nestor.autodiff.cpu.loop.Frame.Rows;
import nestor.autodiff.cpu.loop.VectorColumns.Tail;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.LoopArguments;
import org.jspecify.annotations.Nullable;

/// Code of a [nestor.autodiff.plan.Loop], for any number of threads at the same time. The bits of
/// its results depend neither on how a run is divided into ranges nor on how often it has run.
///
/// It starts as a [BlockKernel], which is fast enough at once. When it has done enough work to
/// deserve it, it asks for vector code of its own, which takes over as soon as that is faster.
public final class LoopCode {
  private final int step;
  private final ThreadLocal<Scratch> scratches;
  private final Form[] forms = new Form[Rows.values().length * Tail.values().length];

  /// @param bitSize the size of vectors
  /// @param warmUp who is asked for vector code, if there is any
  LoopCode(Loop loop, ThreadLocal<Scratch> scratches, int bitSize, @Nullable WarmUp warmUp) {
    this.step = VectorColumns.step(loop, bitSize);
    this.scratches = scratches;
    Kernel blocks = BlockKernel.of(loop);
    for (Rows rows : Rows.values()) {
      for (Tail tail : Tail.values()) {
        forms[number(rows, tail)] = new Form(loop, rows, tail, blocks, warmUp);
      }
    }
  }

  private static int number(Rows rows, Tail tail) {
    return rows.ordinal() * Tail.values().length + tail.ordinal();
  }

  /// Computes the rows `[fromRow, toRow)` of the columns `[fromColumn, toColumn)`.
  ///
  /// A loop with reductions along rows must be given all columns, one with reductions over rows
  /// whole groups of rows.
  ///
  /// @param arrays the arrays of all slots
  /// @param offsets where in each of them its data start
  /// @param a where operands and results lie
  public void run(
      Object[] arrays,
      int[] offsets,
      LoopArguments a,
      int fromRow,
      int toRow,
      int fromColumn,
      int toColumn) {
    if (fromRow >= toRow) {
      return;
    }
    Rows rows = a.tables() == null ? Rows.STRIDED : Rows.TABLED;
    Tail tail = Tail.of(toColumn - fromColumn, step);
    forms[number(rows, tail)].run(
        arrays, offsets, a, scratches.get(), fromRow, toRow, fromColumn, toColumn);
  }

  /// Whether vector code has taken over for some runs.
  boolean isVector() {
    for (Form form : forms) {
      if (form.isVector()) {
        return true;
      }
    }
    return false;
  }

  /// What runs at present.
  @Override
  public String toString() {
    return isVector() ? "vectors" : "blocks";
  }
}
