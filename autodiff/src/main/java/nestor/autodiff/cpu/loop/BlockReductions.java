package nestor.autodiff.cpu.loop;

import nestor.autodiff.cpu.functions.RowReductions;
import nestor.autodiff.plan.Loop;

/// Reductions of the rows of a block, in the order that [Loop] states.
final class BlockReductions {
  private BlockReductions() {}

  /// The sum of each row.
  static void sum(Block block, Object elements, Object rows) {
    int columns = block.columns;
    for (int r = 0; r < block.rows; r++) {
      if (elements instanceof float[] x) {
        ((float[]) rows)[r] = (float) RowReductions.sum(x, r * columns, columns, block.lanes);
      } else {
        ((double[]) rows)[r] =
            RowReductions.sum((double[]) elements, r * columns, columns, block.lanes);
      }
    }
  }

  /// The largest number of each row.
  static void max(Block block, Object elements, Object rows) {
    int columns = block.columns;
    for (int r = 0; r < block.rows; r++) {
      if (elements instanceof float[] x) {
        ((float[]) rows)[r] = RowReductions.max(x, r * columns, columns);
      } else {
        ((double[]) rows)[r] = RowReductions.max((double[]) elements, r * columns, columns);
      }
    }
  }

  /// The sum of products of each two rows.
  static void dot(Block block, Object left, Object right, Object rows) {
    int columns = block.columns;
    for (int r = 0; r < block.rows; r++) {
      int from = r * columns;
      if (left instanceof float[] x) {
        ((float[]) rows)[r] = dot(x, (float[]) right, from, columns, block.narrowLanes);
      } else {
        ((double[]) rows)[r] = dot((double[]) left, (double[]) right, from, columns, block.lanes);
      }
    }
  }

  private static float dot(float[] x, float[] y, int from, int length, float[] lanes) {
    for (int i = 0; i < length; i++) {
      int lane = i & (Loop.LANES - 1);
      lanes[lane] = Math.fma(x[from + i], y[from + i], lanes[lane]);
    }
    return RowReductions.take(lanes);
  }

  private static double dot(double[] x, double[] y, int from, int length, double[] lanes) {
    for (int i = 0; i < length; i++) {
      int lane = i & (Loop.LANES - 1);
      lanes[lane] = Math.fma(x[from + i], y[from + i], lanes[lane]);
    }
    return RowReductions.take(lanes);
  }
}
