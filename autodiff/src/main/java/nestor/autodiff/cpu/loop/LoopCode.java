package nestor.autodiff.cpu.loop;

import nestor.autodiff.plan.LoopArguments;

/// Code of a [nestor.autodiff.plan.Loop], for any number of threads at the same time. The bits of
/// its results depend neither on how a run is divided into ranges nor on how often it has run.
public final class LoopCode {
  private static final int CHUNK = 8192;

  private final ThreadLocal<Scratch> scratches;
  private final Scratch.Size size;
  private final Kernel kernel;

  LoopCode(ThreadLocal<Scratch> scratches, Scratch.Size size, Kernel kernel) {
    this.scratches = scratches;
    this.size = size;
    this.kernel = kernel;
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
    Scratch scratch = scratches.get();
    scratch.grow(size, toColumn);
    kernel.run(arrays, offsets, a, scratch, CHUNK, fromRow, toRow, fromColumn, toColumn);
  }
}
