package nestor.autodiff.cpu.loop;

import java.util.Arrays;
import java.util.List;
import nestor.autodiff.Reduce;
import nestor.autodiff.cpu.functions.RowReductions;
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

  /// What becomes of a group of rows.
  enum Over {
    /// One number per column.
    COLUMNS,
    /// One number.
    AREA
  }

  /// A reduction over groups of rows.
  ///
  /// @param kind what is computed
  /// @param over what of
  /// @param register the elements
  /// @param place the result
  record RowsFold(Reduce.Kind kind, Over over, int register, int place) {}

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
        fold(block, fold);
      }
      for (Step store : stores) {
        store.run(block);
      }
    }
  }

  private void groups(Block block, int fromRow, int toRow, int height, int group) {
    for (int row = fromRow; row < toRow; row += group) {
      for (int fold = 0; fold < folds.length; fold++) {
        double start = folds[fold].kind == Reduce.Kind.SUM ? 0 : Double.NEGATIVE_INFINITY;
        int totals = folds[fold].over == Over.AREA ? Loop.LANES : block.columns;
        Arrays.fill(block.totals(fold), 0, totals, start);
      }
      rows(block, row, row + group, height);
      for (int fold = 0; fold < folds.length; fold++) {
        if (folds[fold].over == Over.AREA) {
          double[] lanes = block.totals(fold);
          double total =
              folds[fold].kind == Reduce.Kind.SUM
                  ? RowReductions.take(lanes)
                  : RowReductions.max(lanes, 0, Loop.LANES);
          block.writeNumber(folds[fold].place, total, row / group);
        } else {
          block.writeTotals(folds[fold].place, fold, row / group);
        }
      }
    }
  }

  private void fold(Block block, int fold) {
    double[] totals = block.totals(fold);
    boolean sum = folds[fold].kind == Reduce.Kind.SUM;
    Object elements = block.number(folds[fold].register);
    if (folds[fold].over == Over.AREA) {
      for (int i = 0; i < block.size(true); i += Loop.LANES) {
        BlockReductions.addRow(sum, elements, i, totals, Loop.LANES);
      }
      return;
    }
    for (int r = 0; r < block.rows; r++) {
      BlockReductions.addRow(sum, elements, r * block.columns, totals, block.columns);
    }
  }

  /// The kernel of a loop.
  static BlockKernel of(Loop loop) {
    return new BlockBuilder(loop).kernel();
  }
}
