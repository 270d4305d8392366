package nestor.autodiff.cpu.functions;

import java.util.Arrays;
import nestor.autodiff.plan.Loop;

/// Reductions of contiguous numbers by plain loops. They define the order of summation; the vector
/// kernels of single reductions and of loops keep it.
public final class RowReductions {
  private RowReductions() {}

  /// The sum of up to [Loop#LONGEST_SUM] numbers.
  public static double sum(float[] x, int from, int length) {
    return length < Loop.LANES
        ? sumInOrder(x, from, length)
        : sum(x, from, length, new double[Loop.LANES]);
  }

  /// The sum of up to [Loop#LONGEST_SUM] numbers, by lanes that are 0 before and after.
  public static double sum(float[] x, int from, int length, double[] lanes) {
    if (length < Loop.LANES) {
      return sumInOrder(x, from, length);
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
    return take(lanes);
  }

  /// The sum from first to last, which is that of a row too short for lanes.
  public static double sumInOrder(float[] x, int from, int length) {
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i];
    }
    return sum;
  }

  /// The sum of the lanes, which are then 0.
  public static float take(float[] lanes) {
    for (int half = Loop.LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    float sum = lanes[0];
    Arrays.fill(lanes, 0, Loop.LANES, 0);
    return sum;
  }

  /// The largest number; NaN if there is one, and `-0 < +0`.
  public static float max(float[] x, int from, int length) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + length; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  /// The sum of up to [Loop#LONGEST_SUM] numbers.
  public static double sum(double[] x, int from, int length) {
    return length < Loop.LANES
        ? sumInOrder(x, from, length)
        : sum(x, from, length, new double[Loop.LANES]);
  }

  /// The sum of up to [Loop#LONGEST_SUM] numbers, by lanes that are 0 before and after.
  public static double sum(double[] x, int from, int length, double[] lanes) {
    if (length < Loop.LANES) {
      return sumInOrder(x, from, length);
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
    return take(lanes);
  }

  /// The sum from first to last, which is that of a row too short for lanes.
  public static double sumInOrder(double[] x, int from, int length) {
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i];
    }
    return sum;
  }

  /// The sum of the lanes, which are then 0.
  public static double take(double[] lanes) {
    for (int half = Loop.LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    double sum = lanes[0];
    Arrays.fill(lanes, 0, Loop.LANES, 0);
    return sum;
  }

  /// The largest number; NaN if there is one, and `-0 < +0`.
  public static double max(double[] x, int from, int length) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + length; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }
}
