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
  private final Forms strided;
  private final Forms tabled;

  /// One form for each way in which columns end.
  private record Forms(Form whole, Form ragged) {
    static Forms of(Loop loop, Rows rows, Kernel blocks, @Nullable WarmUp warmUp) {
      return new Forms(
          new Form(loop, rows, Tail.WHOLE, blocks, warmUp),
          new Form(loop, rows, Tail.RAGGED, blocks, warmUp));
    }

    boolean isVector() {
      return whole.isVector() || ragged.isVector();
    }
  }

  /// @param bitSize the size of vectors
  /// @param warmUp who is asked for vector code, if there is any
  LoopCode(Loop loop, ThreadLocal<Scratch> scratches, int bitSize, @Nullable WarmUp warmUp) {
    this.step = VectorColumns.step(loop, bitSize);
    this.scratches = scratches;
    Kernel blocks = BlockKernel.of(loop);
    strided = Forms.of(loop, Rows.STRIDED, blocks, warmUp);
    tabled = Forms.of(loop, Rows.TABLED, blocks, warmUp);
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
    Forms forms = a.tables() == null ? strided : tabled;
    Form form = (toColumn - fromColumn) % step == 0 ? forms.whole : forms.ragged;
    form.run(arrays, offsets, a, scratches.get(), fromRow, toRow, fromColumn, toColumn);
  }

  /// Whether vector code has taken over for some runs.
  boolean isVector() {
    return strided.isVector() || tabled.isVector();
  }

  /// What runs at present.
  @Override
  public String toString() {
    return isVector() ? "vectors" : "blocks";
  }
}
