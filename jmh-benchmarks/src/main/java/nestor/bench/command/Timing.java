package nestor.bench.command;

import java.util.Arrays;
import nestor.autodiff.Backend;
import nestor.bench.Step;

/// The times of steps, in milliseconds.
///
/// @param milliseconds in increasing order
record Timing(double[] milliseconds) {
  private static final int FEWEST = 5;
  private static final int LONGEST_WARM_UP = 3; // times the shortest
  private static final double STABLE = 0.03;

  double median() {
    int half = milliseconds.length / 2;
    return milliseconds.length % 2 == 1
        ? milliseconds[half]
        : (milliseconds[half - 1] + milliseconds[half]) / 2;
  }

  double min() {
    return milliseconds[0];
  }

  /// Runs a step again and again for some time, at least five times.
  static Timing of(Step step, double seconds) {
    double[] times = new double[64];
    int runs = 0;
    long end = System.nanoTime() + nanos(seconds);
    while (runs < FEWEST || System.nanoTime() - end < 0) {
      if (runs == times.length) {
        times = Arrays.copyOf(times, 2 * runs);
      }
      long start = System.nanoTime();
      Object result = step.run();
      Backend.standard().finish();
      times[runs++] = (System.nanoTime() - start) / 1e6;
      if (result == null) {
        throw new IllegalStateException("a step must give its result");
      }
    }
    double[] sorted = Arrays.copyOf(times, runs);
    Arrays.sort(sorted);
    return new Timing(sorted);
  }

  /// Runs a step until the JIT has settled: for some time at least, until the medians of two
  /// successive sixths of it differ by less than 3 %, and at most for three times as long.
  static void warmUp(Step step, double seconds) {
    long start = System.nanoTime();
    double last = Double.POSITIVE_INFINITY;
    while (System.nanoTime() - start < nanos(LONGEST_WARM_UP * seconds)) {
      double now = of(step, seconds / 6).median();
      boolean stable = Math.abs(now - last) < STABLE * last;
      if (stable && System.nanoTime() - start >= nanos(seconds)) {
        return;
      }
      last = now;
    }
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }
}
