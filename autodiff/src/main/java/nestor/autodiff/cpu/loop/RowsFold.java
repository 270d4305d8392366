package nestor.autodiff.cpu.loop;

import java.util.Arrays;
import nestor.autodiff.Reduce;
import nestor.autodiff.cpu.functions.RowReductions;
import nestor.autodiff.plan.Loop;

/// A reduction over groups of rows, which come in blocks. Totals are kept in `float64`.
sealed interface RowsFold {
  /// Begins a group.
  void start(Block block, double[] totals);

  /// Takes in the rows of a block.
  void add(Block block, double[] totals);

  /// Writes what a group has come to.
  void finish(Block block, double[] totals, int group);

  /// One number per column.
  ///
  /// @param kind what is computed
  /// @param register the elements
  /// @param place the result
  record Columns(Reduce.Kind kind, int register, int place) implements RowsFold {
    @Override
    public void start(Block block, double[] totals) {
      clear(kind, totals, block.columns);
    }

    @Override
    public void add(Block block, double[] totals) {
      Object elements = block.number(register);
      for (int r = 0; r < block.rows; r++) {
        take(kind, elements, r * block.columns, totals, block.columns);
      }
    }

    @Override
    public void finish(Block block, double[] totals, int group) {
      block.writeTotals(place, totals, group);
    }
  }

  /// One number, by lanes as those of the one row that a group makes.
  ///
  /// @param kind what is computed
  /// @param register the elements
  /// @param place the result
  record Area(Reduce.Kind kind, int register, int place) implements RowsFold {
    @Override
    public void start(Block block, double[] totals) {
      clear(kind, totals, Loop.LANES);
    }

    @Override
    public void add(Block block, double[] totals) {
      Object elements = block.number(register);
      for (int i = 0; i < block.size(true); i += Loop.LANES) {
        take(kind, elements, i, totals, Loop.LANES);
      }
    }

    @Override
    public void finish(Block block, double[] totals, int group) {
      double total =
          switch (kind) {
            case SUM -> RowReductions.take(totals);
            case MAX -> RowReductions.max(totals, 0, Loop.LANES);
          };
      block.writeNumber(place, total, group);
    }
  }

  private static void clear(Reduce.Kind kind, double[] totals, int count) {
    Arrays.fill(totals, 0, count, kind == Reduce.Kind.SUM ? 0 : Double.NEGATIVE_INFINITY);
  }

  /// Adds so many elements to the totals, or keeps the larger ones.
  private static void take(
      Reduce.Kind kind, Object elements, int from, double[] totals, int count) {
    boolean sum = kind == Reduce.Kind.SUM;
    if (elements instanceof float[] x) {
      for (int i = 0; i < count; i++) {
        totals[i] = sum ? totals[i] + x[from + i] : Math.max(totals[i], x[from + i]);
      }
    } else {
      double[] x = (double[]) elements;
      for (int i = 0; i < count; i++) {
        totals[i] = sum ? totals[i] + x[from + i] : Math.max(totals[i], x[from + i]);
      }
    }
  }
}
