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
}
