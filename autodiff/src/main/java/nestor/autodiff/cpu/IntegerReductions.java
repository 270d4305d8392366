package nestor.autodiff.cpu;

/// Plain-loop kernels of [Reductions] for integers, whose order does not matter.
final class IntegerReductions {
  private IntegerReductions() {}

  /// Sums of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void sum(Reductions r, long[] x, int from, long[] y, int to, int j0, int j1) {
    if (r.inner() == 1) {
      long sum = 0;
      for (int i = 0; i < r.reduced(); i++) {
        sum += x[from + i];
      }
      y[to] = sum;
      return;
    }
    for (int j = j0; j < j1; j++) {
      long sum = 0;
      for (int i = 0, at = from + j; i < r.reduced(); i++, at += r.inner()) {
        sum += x[at];
      }
      y[to + j] = sum;
    }
  }

  /// Maxima of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void max(Reductions r, long[] x, int from, long[] y, int to, int j0, int j1) {
    if (r.inner() == 1) {
      long max = Long.MIN_VALUE;
      for (int i = 0; i < r.reduced(); i++) {
        max = Math.max(max, x[from + i]);
      }
      y[to] = max;
      return;
    }
    for (int j = j0; j < j1; j++) {
      long max = Long.MIN_VALUE;
      for (int i = 0, at = from + j; i < r.reduced(); i++, at += r.inner()) {
        max = Math.max(max, x[at]);
      }
      y[to + j] = max;
    }
  }

  /// Sums of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void sum(Reductions r, int[] x, int from, int[] y, int to, int j0, int j1) {
    if (r.inner() == 1) {
      int sum = 0;
      for (int i = 0; i < r.reduced(); i++) {
        sum += x[from + i];
      }
      y[to] = sum;
      return;
    }
    for (int j = j0; j < j1; j++) {
      int sum = 0;
      for (int i = 0, at = from + j; i < r.reduced(); i++, at += r.inner()) {
        sum += x[at];
      }
      y[to + j] = sum;
    }
  }

  /// Maxima of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void max(Reductions r, int[] x, int from, int[] y, int to, int j0, int j1) {
    if (r.inner() == 1) {
      int max = Integer.MIN_VALUE;
      for (int i = 0; i < r.reduced(); i++) {
        max = Math.max(max, x[from + i]);
      }
      y[to] = max;
      return;
    }
    for (int j = j0; j < j1; j++) {
      int max = Integer.MIN_VALUE;
      for (int i = 0, at = from + j; i < r.reduced(); i++, at += r.inner()) {
        max = Math.max(max, x[at]);
      }
      y[to + j] = max;
    }
  }
}
