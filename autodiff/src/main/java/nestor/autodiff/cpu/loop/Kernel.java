package nestor.autodiff.cpu.loop;

import nestor.autodiff.plan.LoopArguments;

/// A loop over a range of its space.
@FunctionalInterface
interface Kernel {
  /// Computes rows `[fromRow, toRow)` of columns `[fromColumn, toColumn)`.
  void run(
      Object[] arrays,
      int[] offsets,
      LoopArguments arguments,
      Scratch scratch,
      int fromRow,
      int toRow,
      int fromColumn,
      int toColumn);
}
