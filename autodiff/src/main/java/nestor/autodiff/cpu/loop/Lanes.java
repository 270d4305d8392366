package nestor.autodiff.cpu.loop;

import java.util.Arrays;

/// The sixteen chains of a sum along a row, in memory.
final class Lanes {
  static final int COUNT = 16;

  private Lanes() {}

  /// Which lanes a chunk of so many columns is spread over: column c goes to lane `c & mask`.
  static int mask(int length) {
    return length < COUNT ? 0 : COUNT - 1;
  }

  /// The sum of the lanes at `at`, which are then 0.
  static double take(double[] lanes, int at) {
    for (int half = COUNT / 2; half > 0; half /= 2) {
      for (int lane = at; lane < at + half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    double sum = lanes[at];
    Arrays.fill(lanes, at, at + COUNT, 0);
    return sum;
  }

  /// The sum of the lanes at `at`, which are then 0.
  static float take(float[] lanes, int at) {
    for (int half = COUNT / 2; half > 0; half /= 2) {
      for (int lane = at; lane < at + half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    float sum = lanes[at];
    Arrays.fill(lanes, at, at + COUNT, 0);
    return sum;
  }

  /// The sum of a chunk too short for lanes.
  static double sum(float[] x, int from, int length) {
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i];
    }
    return sum;
  }

  /// The sum of a chunk too short for lanes.
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
