package nestor.autodiff.cpu;

/// Plain-loop kernels of [Reductions] for `double`. They define the order of summation; the kernels
/// of [VectorDoubleReductions] keep it.
final class ScalarDoubleReductions {
  private ScalarDoubleReductions() {}

  /// Sums of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void sumColumns(Reductions r, double[] x, int from, double[] y, int to, int j0, int j1) {
    int stride = r.inner();
    for (int j = j0; j < j1; j++) {
      double sum = 0;
      for (int i = 0, at = from + j; i < r.reduced(); i++, at += stride) {
        sum += x[at];
      }
      y[to + j] = sum;
    }
  }

  /// Maxima of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void maxColumns(Reductions r, double[] x, int from, double[] y, int to, int j0, int j1) {
    int stride = r.inner();
    for (int j = j0; j < j1; j++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0, at = from + j; i < r.reduced(); i++, at += stride) {
        max = Math.max(max, x[at]);
      }
      y[to + j] = max;
    }
  }

  /// Running sums of the columns `[j0, j1)`. `from` and `to` are where the row to start with lies,
  /// `step` is the distance of the next one.
  static void accumulate(
      Reductions r, double[] x, int from, double[] y, int to, int step, int j0, int j1) {
    for (int j = j0; j < j1; j++) {
      double sum = 0;
      for (int i = 0, at = j; i < r.reduced(); i++, at += step) {
        sum += x[from + at];
        y[to + at] = sum;
      }
    }
  }

  /// Indices of the first maxima of `sign · x` in the columns `[j0, j1)`.
  static void argExtreme(
      Reductions r, double[] x, int from, long[] y, int to, int sign, int j0, int j1) {
    int stride = r.inner();
    for (int j = j0; j < j1; j++) {
      int at = from + j;
      double best = sign * x[at];
      int index = 0;
      for (int i = 1; i < r.reduced() && !Double.isNaN(best); i++) {
        at += stride;
        double candidate = sign * x[at];
        if (!(candidate <= best)) { // greater, or NaN
          best = candidate;
          index = i;
        }
      }
      y[to + j] = index;
    }
  }
}
