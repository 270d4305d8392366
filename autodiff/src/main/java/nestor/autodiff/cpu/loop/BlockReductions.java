package nestor.autodiff.cpu.loop;

import nestor.autodiff.plan.Loop;

/// Reductions of the rows of a block, and of a row with those before it, in the order that [Loop]
/// states.
final class BlockReductions {
  private BlockReductions() {}

  /// The sum of each row.
  static void sum(Block block, Object elements, Object rows) {
    int columns = block.columns;
    for (int r = 0; r < block.rows; r++) {
      if (elements instanceof float[] x) {
        ((float[]) rows)[r] = (float) sum(x, r * columns, columns, block.lanes);
      } else {
        ((double[]) rows)[r] = sum((double[]) elements, r * columns, columns, block.lanes);
      }
    }
  }

  private static double sum(float[] x, int from, int length, double[] lanes) {
    if (length < Loop.LANES) {
      return Lanes.sum(x, from, length);
    }
    int whole = length & -Loop.LANES;
    for (int i = from; i < from + whole; i += Loop.LANES) {
      for (int lane = 0; lane < Loop.LANES; lane++) {
        lanes[lane] += x[i + lane];
      }
    }
    for (int i = whole; i < length; i++) {
      lanes[i - whole] += x[from + i];
    }
    return Lanes.take(lanes);
  }

  private static double sum(double[] x, int from, int length, double[] lanes) {
    if (length < Loop.LANES) {
      return Lanes.sum(x, from, length);
    }
    int whole = length & -Loop.LANES;
    for (int i = from; i < from + whole; i += Loop.LANES) {
      for (int lane = 0; lane < Loop.LANES; lane++) {
        lanes[lane] += x[i + lane];
      }
    }
    for (int i = whole; i < length; i++) {
      lanes[i - whole] += x[from + i];
    }
    return Lanes.take(lanes);
  }

  /// The largest number of each row.
  static void max(Block block, Object elements, Object rows) {
    int columns = block.columns;
    for (int r = 0; r < block.rows; r++) {
      if (elements instanceof float[] x) {
        float most = Float.NEGATIVE_INFINITY;
        for (int i = r * columns; i < (r + 1) * columns; i++) {
          most = Math.max(most, x[i]);
        }
        ((float[]) rows)[r] = most;
      } else {
        double[] x = (double[]) elements;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = r * columns; i < (r + 1) * columns; i++) {
          most = Math.max(most, x[i]);
        }
        ((double[]) rows)[r] = most;
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
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    float s8 = 0;
    float s9 = 0;
    float s10 = 0;
    float s11 = 0;
    float s12 = 0;
    float s13 = 0;
    float s14 = 0;
    float s15 = 0;
    int end = from + (length & -Loop.LANES);
    for (int i = from; i < end; i += Loop.LANES) {
      s0 = Math.fma(x[i], y[i], s0);
      s1 = Math.fma(x[i + 1], y[i + 1], s1);
      s2 = Math.fma(x[i + 2], y[i + 2], s2);
      s3 = Math.fma(x[i + 3], y[i + 3], s3);
      s4 = Math.fma(x[i + 4], y[i + 4], s4);
      s5 = Math.fma(x[i + 5], y[i + 5], s5);
      s6 = Math.fma(x[i + 6], y[i + 6], s6);
      s7 = Math.fma(x[i + 7], y[i + 7], s7);
      s8 = Math.fma(x[i + 8], y[i + 8], s8);
      s9 = Math.fma(x[i + 9], y[i + 9], s9);
      s10 = Math.fma(x[i + 10], y[i + 10], s10);
      s11 = Math.fma(x[i + 11], y[i + 11], s11);
      s12 = Math.fma(x[i + 12], y[i + 12], s12);
      s13 = Math.fma(x[i + 13], y[i + 13], s13);
      s14 = Math.fma(x[i + 14], y[i + 14], s14);
      s15 = Math.fma(x[i + 15], y[i + 15], s15);
    }
    lanes[0] = s0;
    lanes[1] = s1;
    lanes[2] = s2;
    lanes[3] = s3;
    lanes[4] = s4;
    lanes[5] = s5;
    lanes[6] = s6;
    lanes[7] = s7;
    lanes[8] = s8;
    lanes[9] = s9;
    lanes[10] = s10;
    lanes[11] = s11;
    lanes[12] = s12;
    lanes[13] = s13;
    lanes[14] = s14;
    lanes[15] = s15;
    for (int i = end; i < from + length; i++) {
      lanes[i - end] = Math.fma(x[i], y[i], lanes[i - end]);
    }
    return Lanes.take(lanes);
  }

  private static double dot(double[] x, double[] y, int from, int length, double[] lanes) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    double s8 = 0;
    double s9 = 0;
    double s10 = 0;
    double s11 = 0;
    double s12 = 0;
    double s13 = 0;
    double s14 = 0;
    double s15 = 0;
    int end = from + (length & -Loop.LANES);
    for (int i = from; i < end; i += Loop.LANES) {
      s0 = Math.fma(x[i], y[i], s0);
      s1 = Math.fma(x[i + 1], y[i + 1], s1);
      s2 = Math.fma(x[i + 2], y[i + 2], s2);
      s3 = Math.fma(x[i + 3], y[i + 3], s3);
      s4 = Math.fma(x[i + 4], y[i + 4], s4);
      s5 = Math.fma(x[i + 5], y[i + 5], s5);
      s6 = Math.fma(x[i + 6], y[i + 6], s6);
      s7 = Math.fma(x[i + 7], y[i + 7], s7);
      s8 = Math.fma(x[i + 8], y[i + 8], s8);
      s9 = Math.fma(x[i + 9], y[i + 9], s9);
      s10 = Math.fma(x[i + 10], y[i + 10], s10);
      s11 = Math.fma(x[i + 11], y[i + 11], s11);
      s12 = Math.fma(x[i + 12], y[i + 12], s12);
      s13 = Math.fma(x[i + 13], y[i + 13], s13);
      s14 = Math.fma(x[i + 14], y[i + 14], s14);
      s15 = Math.fma(x[i + 15], y[i + 15], s15);
    }
    lanes[0] = s0;
    lanes[1] = s1;
    lanes[2] = s2;
    lanes[3] = s3;
    lanes[4] = s4;
    lanes[5] = s5;
    lanes[6] = s6;
    lanes[7] = s7;
    lanes[8] = s8;
    lanes[9] = s9;
    lanes[10] = s10;
    lanes[11] = s11;
    lanes[12] = s12;
    lanes[13] = s13;
    lanes[14] = s14;
    lanes[15] = s15;
    for (int i = end; i < from + length; i++) {
      lanes[i - end] = Math.fma(x[i], y[i], lanes[i - end]);
    }
    return Lanes.take(lanes);
  }

  /// The largest of the lanes.
  static double max(double[] lanes) {
    double most = Double.NEGATIVE_INFINITY;
    for (int lane = 0; lane < Loop.LANES; lane++) {
      most = Math.max(most, lanes[lane]);
    }
    return most;
  }

  /// Adds a row to the totals of its columns, or keeps the larger ones.
  static void addRow(boolean sum, Object elements, int from, double[] totals, int columns) {
    if (elements instanceof float[] x) {
      for (int c = 0; c < columns; c++) {
        totals[c] = sum ? totals[c] + x[from + c] : Math.max(totals[c], x[from + c]);
      }
    } else {
      double[] x = (double[]) elements;
      for (int c = 0; c < columns; c++) {
        totals[c] = sum ? totals[c] + x[from + c] : Math.max(totals[c], x[from + c]);
      }
    }
  }
}
