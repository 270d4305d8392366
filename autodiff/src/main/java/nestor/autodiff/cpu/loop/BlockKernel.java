package nestor.autodiff.cpu.loop;

import java.util.List;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.LoopArguments;

/// Runs a loop operator by operator on blocks that stay in the innermost cache, by plain kernels
/// that all loops share, so that the JIT has compiled them by the time the second loop runs. A
/// block is some rows, or where rows are long and nothing is folded along them a part of one.
final class BlockKernel implements Kernel {
  private static final int ELEMENTS = 512;

  private final Step[] steps;
  private final Step[] stores;
  private final RowsFold[] folds;
  private final Block.Size size;
  private final boolean wholeRows;

  /// @param steps what computes the values
  /// @param stores what writes them
  /// @param folds the reductions over rows
  /// @param size the registers
  /// @param wholeRows whether a block must have all columns
  BlockKernel(
      List<Step> steps,
      List<Step> stores,
      List<RowsFold> folds,
      Block.Size size,
      boolean wholeRows) {
    this.steps = steps.toArray(Step[]::new);
    this.stores = stores.toArray(Step[]::new);
    this.folds = folds.toArray(RowsFold[]::new);
    this.size = size;
    this.wholeRows = wholeRows;
  }

  /// One operator on the registers of a block.
  @FunctionalInterface
  interface Step {
    void run(Block block);
  }

  @Override
  public void run(
      Object[] arrays,
      int[] offsets,
      LoopArguments a,
      Scratch scratch,
      int fromRow,
      int toRow,
      int fromColumn,
      int toColumn) {
    Block block = scratch.block;
    int columns = toColumn - fromColumn;
    int width = wholeRows ? columns : Math.min(columns, ELEMENTS);
    block.open(size, Math.max(ELEMENTS, width), arrays, offsets, a);
    int height = Math.max(1, ELEMENTS / Math.max(1, width));
    int column = fromColumn;
    do {
      block.column = column;
      block.columns = Math.min(width, toColumn - column);
      if (folds.length == 0) {
        rows(block, fromRow, toRow, height);
      } else {
        groups(block, fromRow, toRow, height, a.group());
      }
      column += width;
    } while (column < toColumn);
    block.close();
  }

  private void rows(Block block, int fromRow, int toRow, int height) {
    for (int row = fromRow; row < toRow; row += height) {
      block.row = row;
      block.rows = Math.min(height, toRow - row);
      for (Step step : steps) {
        step.run(block);
      }
      for (int fold = 0; fold < folds.length; fold++) {
        folds[fold].add(block, block.totals(fold));
      }
      for (Step store : stores) {
        store.run(block);
      }
    }
  }

  private void groups(Block block, int fromRow, int toRow, int height, int group) {
    for (int row = fromRow; row < toRow; row += group) {
      for (int fold = 0; fold < folds.length; fold++) {
        folds[fold].start(block, block.totals(fold));
      }
      rows(block, row, row + group, height);
      for (int fold = 0; fold < folds.length; fold++) {
        folds[fold].finish(block, block.totals(fold), row / group);
      }
    }
  }

  /// The kernel of a loop.
  static BlockKernel of(Loop loop) {
    return new BlockBuilder(loop).kernel();
  }
}
