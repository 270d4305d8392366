package nestor.autodiff.cpu.loop;

import nestor.autodiff.cpu.loop.Frame.Rows;
import nestor.autodiff.plan.LoopArguments;
import org.jspecify.annotations.Nullable;

/// Code of a [nestor.autodiff.plan.Loop], for any number of threads at the same time. The bits of
/// its results depend neither on how a run is divided into ranges nor on how often it has run.
///
/// It starts as plain scalar code, which is fast enough at once. When it has done enough work to
/// deserve it, it asks for vector code, which takes over as soon as that is faster.
public final class LoopCode {
  static final int CHUNK = 8192;

  private final ThreadLocal<Scratch> scratches;
  private final Scratch.Size size;
  private final Form strided;
  private final Form tabled;

  /// @param warmUp who is asked for vector code, if there is any
  LoopCode(Schedule schedule, ThreadLocal<Scratch> scratches, @Nullable WarmUp warmUp) {
    this.scratches = scratches;
    size = ScalarKernel.scratch(schedule).or(VectorColumns.scratch(schedule));
    Kernel scalar = Translation.scalar(schedule);
    strided = new Form(schedule, Rows.STRIDED, scalar, size, warmUp);
    tabled = new Form(schedule, Rows.TABLED, scalar, size, warmUp);
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
    Scratch scratch = scratches.get();
    scratch.grow(size, toColumn);
    Form form = a.tables() == null ? strided : tabled;
    form.run(arrays, offsets, a, scratch, fromRow, toRow, fromColumn, toColumn);
  }

  /// Whether vector code has taken over for rows at equal distances.
  boolean isVector() {
    return strided.isVector();
  }
}
