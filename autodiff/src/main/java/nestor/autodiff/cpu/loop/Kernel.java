package nestor.autodiff.cpu.loop;

import nestor.autodiff.plan.LoopArguments;

/// What generated classes implement: a loop over a range of its space.
@FunctionalInterface
interface Kernel {
  /// Computes rows `[fromRow, toRow)` of columns `[fromColumn, toColumn)`.
  ///
  /// @param chunk how many columns are summed in lanes before lanes are added
  void run(
      Object[] arrays,
      int[] offsets,
      LoopArguments arguments,
      Scratch scratch,
      int chunk,
      int fromRow,
      int toRow,
      int fromColumn,
      int toColumn);
}
