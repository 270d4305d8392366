package nestor.autodiff.cpu.loop;

import java.util.Arrays;
import nestor.autodiff.plan.Loop;

/// The sixteen chains of a sum along a row, in memory.
final class Lanes {
  private Lanes() {}

  /// The sum of the lanes, which are then 0.
  static double take(double[] lanes) {
    for (int half = Loop.LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    double sum = lanes[0];
    Arrays.fill(lanes, 0, Loop.LANES, 0);
    return sum;
  }

  /// The sum of the lanes, which are then 0.
  static float take(float[] lanes) {
    for (int half = Loop.LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    float sum = lanes[0];
    Arrays.fill(lanes, 0, Loop.LANES, 0);
    return sum;
  }

  /// The sum of a row too short for lanes.
  static double sum(float[] x, int from, int length) {
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i];
    }
    return sum;
  }

  /// The sum of a row too short for lanes.
  static double sum(double[] x, int from, int length) {
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i];
    }
    return sum;
  }

  /// Copies so many truth values, or none, to the beginning of a buffer.
  static void read(boolean[] from, int at, int count, boolean[] buffer) {
    for (int i = 0; i < count; i++) {
      buffer[i] = from[at + i];
    }
  }

  /// Copies so many truth values, or none, from the beginning of a buffer.
  static void write(boolean[] to, int at, int count, boolean[] buffer) {
    for (int i = 0; i < count; i++) {
      to[at + i] = buffer[i];
    }
  }
}
