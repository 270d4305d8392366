package nestor.autodiff.cpu;

import nestor.autodiff.cpu.functions.RowReductions;
import nestor.autodiff.cpu.functions.VectorSupport;
import nestor.autodiff.plan.Loop;

/// Reductions along the middle axis of a row-major tensor `[outer, reduced, inner]`. Results have
/// the axes `[outer, inner]`; cumulative sums keep all three. Input and output share no memory.
///
/// The order of every sum is fixed, whatever the vector width and the number of threads. Sums of
/// `float` run in `double` and are rounded once per result. Every chain starts with +0.
///
/// - `inner > 1`: each column is summed from first to last.
/// - `inner == 1`: lane l of 16 sums the elements l, l+16, l+32, … of a row from first to last;
///   lanes are then added as a tree: l and l+8, l and l+4, l and l+2, l and l+1. Fewer than 16
///   elements are summed from first to last instead. A row of more than [#CHUNK] elements is cut
///   into chunks of so many, and its sum is that of the row of their sums.
/// - Cumulative sums run from first to last, or from last to first.
///
/// A maximum is NaN if an element is, and `-0 < +0`. The empty sum is 0, the empty maximum -∞ or
/// the least integer. The index of an extreme is that of its first occurrence, where `-0 == +0` and
/// a NaN counts as the extreme; it needs `reduced > 0`. Integer sums wrap around. All results are
/// equal to the bit, payloads of NaN aside.
record Reductions(int outer, int reduced, int inner) {
  /// Elements of a contiguous row that are summed in lanes.
  static final int CHUNK = Loop.LONGEST_SUM;

  /// Elements from which a second thread pays.
  private static final long PARALLEL_ELEMENTS = 1L << 18;

  /// Columns that one thread takes at a time.
  private static final int COLUMN_BLOCK = 256;

  /// Rows `[o0, o1)` of the outer axis, columns `[j0, j1)` of the inner one.
  @FunctionalInterface
  private interface BlockKernel {
    void block(int o0, int o1, int j0, int j1);
  }

  /// Sums of `x`.
  void sum(Workers workers, float[] x, int xOff, float[] y, int yOff) {
    if (inner == 1 && outer < workers.threads() && isParallel(workers)) {
      sumChunks(workers, x, xOff, y, yOff);
      return;
    }
    boolean vector = vectorPays();
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            int to = yOff + o * inner;
            if (inner == 1) {
              y[to] = sumRow(x, from, reduced, vector);
            } else if (vector) {
              VectorFloatReductions.sumColumns(this, x, from, y, to, j0, j1);
            } else {
              ScalarFloatReductions.sumColumns(this, x, from, y, to, j0, j1);
            }
          }
        });
  }

  private static float sumRow(float[] x, int from, int length, boolean vector) {
    if (length <= CHUNK) {
      return (float) sumChunk(x, from, length, vector);
    }
    var sums = new float[Math.ceilDiv(length, CHUNK)];
    for (int chunk = 0; chunk < sums.length; chunk++) {
      int done = chunk * CHUNK;
      sums[chunk] = (float) sumChunk(x, from + done, Math.min(CHUNK, length - done), vector);
    }
    return sumRow(sums, 0, sums.length, vector);
  }

  private static double sumChunk(float[] x, int from, int length, boolean vector) {
    return vector
        ? VectorFloatReductions.sumChunk(x, from, length)
        : RowReductions.sum(x, from, length);
  }

  /// Few long rows: the chunks of each are shared among threads.
  private void sumChunks(Workers workers, float[] x, int xOff, float[] y, int yOff) {
    boolean vector = vectorPays();
    var sums = new float[Math.ceilDiv(reduced, CHUNK)];
    for (int o = 0; o < outer; o++) {
      int from = xOff + o * reduced;
      workers.run(
          sums.length,
          chunk -> {
            int done = chunk * CHUNK;
            int length = Math.min(CHUNK, reduced - done);
            sums[chunk] = (float) sumChunk(x, from + done, length, vector);
          });
      y[yOff + o] = sumRow(sums, 0, sums.length, vector);
    }
  }

  /// Maxima of `x`.
  void max(Workers workers, float[] x, int xOff, float[] y, int yOff) {
    boolean vector = vectorPays();
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            int to = yOff + o * inner;
            if (inner == 1) {
              y[to] =
                  vector
                      ? VectorFloatReductions.maxRow(x, from, reduced)
                      : RowReductions.max(x, from, reduced);
            } else if (vector) {
              VectorFloatReductions.maxColumns(this, x, from, y, to, j0, j1);
            } else {
              ScalarFloatReductions.maxColumns(this, x, from, y, to, j0, j1);
            }
          }
        });
  }

  /// Sums of each element and those before it along the middle axis.
  void cumulativeSum(Workers workers, float[] x, int xOff, float[] y, int yOff) {
    accumulate(workers, x, xOff, y, yOff, 1);
  }

  /// Sums of each element and those after it along the middle axis.
  void reverseCumulativeSum(Workers workers, float[] x, int xOff, float[] y, int yOff) {
    accumulate(workers, x, xOff, y, yOff, -1);
  }

  private void accumulate(
      Workers workers, float[] x, int xOff, float[] y, int yOff, int direction) {
    boolean vector = inner > 1 && vectorPays();
    int first = direction > 0 ? 0 : Math.max(0, reduced - 1) * inner;
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int at = o * reduced * inner + first;
            if (vector) {
              VectorFloatReductions.accumulate(
                  this, x, xOff + at, y, yOff + at, direction * inner, j0, j1);
            } else {
              ScalarFloatReductions.accumulate(
                  this, x, xOff + at, y, yOff + at, direction * inner, j0, j1);
            }
          }
        });
  }

  /// Indices along the middle axis of the maxima of `x`.
  void argmax(Workers workers, float[] x, int xOff, long[] y, int yOff) {
    argExtreme(workers, x, xOff, y, yOff, 1);
  }

  /// Indices along the middle axis of the minima of `x`.
  void argmin(Workers workers, float[] x, int xOff, long[] y, int yOff) {
    argExtreme(workers, x, xOff, y, yOff, -1);
  }

  private void argExtreme(Workers workers, float[] x, int xOff, long[] y, int yOff, int sign) {
    requireElements();
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            ScalarFloatReductions.argExtreme(this, x, from, y, yOff + o * inner, sign, j0, j1);
          }
        });
  }

  /// Sums of `x`.
  void sum(Workers workers, double[] x, int xOff, double[] y, int yOff) {
    if (inner == 1 && outer < workers.threads() && isParallel(workers)) {
      sumChunks(workers, x, xOff, y, yOff);
      return;
    }
    boolean vector = vectorPays();
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            int to = yOff + o * inner;
            if (inner == 1) {
              y[to] = sumRow(x, from, reduced, vector);
            } else if (vector) {
              VectorDoubleReductions.sumColumns(this, x, from, y, to, j0, j1);
            } else {
              ScalarDoubleReductions.sumColumns(this, x, from, y, to, j0, j1);
            }
          }
        });
  }

  private static double sumRow(double[] x, int from, int length, boolean vector) {
    if (length <= CHUNK) {
      return sumChunk(x, from, length, vector);
    }
    var sums = new double[Math.ceilDiv(length, CHUNK)];
    for (int chunk = 0; chunk < sums.length; chunk++) {
      int done = chunk * CHUNK;
      sums[chunk] = sumChunk(x, from + done, Math.min(CHUNK, length - done), vector);
    }
    return sumRow(sums, 0, sums.length, vector);
  }

  private static double sumChunk(double[] x, int from, int length, boolean vector) {
    return vector
        ? VectorDoubleReductions.sumChunk(x, from, length)
        : RowReductions.sum(x, from, length);
  }

  /// Few long rows: the chunks of each are shared among threads.
  private void sumChunks(Workers workers, double[] x, int xOff, double[] y, int yOff) {
    boolean vector = vectorPays();
    var sums = new double[Math.ceilDiv(reduced, CHUNK)];
    for (int o = 0; o < outer; o++) {
      int from = xOff + o * reduced;
      workers.run(
          sums.length,
          chunk -> {
            int done = chunk * CHUNK;
            int length = Math.min(CHUNK, reduced - done);
            sums[chunk] = sumChunk(x, from + done, length, vector);
          });
      y[yOff + o] = sumRow(sums, 0, sums.length, vector);
    }
  }

  /// Maxima of `x`.
  void max(Workers workers, double[] x, int xOff, double[] y, int yOff) {
    boolean vector = vectorPays();
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            int to = yOff + o * inner;
            if (inner == 1) {
              y[to] =
                  vector
                      ? VectorDoubleReductions.maxRow(x, from, reduced)
                      : RowReductions.max(x, from, reduced);
            } else if (vector) {
              VectorDoubleReductions.maxColumns(this, x, from, y, to, j0, j1);
            } else {
              ScalarDoubleReductions.maxColumns(this, x, from, y, to, j0, j1);
            }
          }
        });
  }

  /// Sums of each element and those before it along the middle axis.
  void cumulativeSum(Workers workers, double[] x, int xOff, double[] y, int yOff) {
    accumulate(workers, x, xOff, y, yOff, 1);
  }

  /// Sums of each element and those after it along the middle axis.
  void reverseCumulativeSum(Workers workers, double[] x, int xOff, double[] y, int yOff) {
    accumulate(workers, x, xOff, y, yOff, -1);
  }

  private void accumulate(
      Workers workers, double[] x, int xOff, double[] y, int yOff, int direction) {
    boolean vector = inner > 1 && vectorPays();
    int first = direction > 0 ? 0 : Math.max(0, reduced - 1) * inner;
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int at = o * reduced * inner + first;
            if (vector) {
              VectorDoubleReductions.accumulate(
                  this, x, xOff + at, y, yOff + at, direction * inner, j0, j1);
            } else {
              ScalarDoubleReductions.accumulate(
                  this, x, xOff + at, y, yOff + at, direction * inner, j0, j1);
            }
          }
        });
  }

  /// Indices along the middle axis of the maxima of `x`.
  void argmax(Workers workers, double[] x, int xOff, long[] y, int yOff) {
    argExtreme(workers, x, xOff, y, yOff, 1);
  }

  /// Indices along the middle axis of the minima of `x`.
  void argmin(Workers workers, double[] x, int xOff, long[] y, int yOff) {
    argExtreme(workers, x, xOff, y, yOff, -1);
  }

  private void argExtreme(Workers workers, double[] x, int xOff, long[] y, int yOff, int sign) {
    requireElements();
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            ScalarDoubleReductions.argExtreme(this, x, from, y, yOff + o * inner, sign, j0, j1);
          }
        });
  }

  /// Sums of `x`.
  void sum(Workers workers, long[] x, int xOff, long[] y, int yOff) {
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            IntegerReductions.sum(this, x, from, y, yOff + o * inner, j0, j1);
          }
        });
  }

  /// Maxima of `x`.
  void max(Workers workers, long[] x, int xOff, long[] y, int yOff) {
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            IntegerReductions.max(this, x, from, y, yOff + o * inner, j0, j1);
          }
        });
  }

  /// Sums of `x`.
  void sum(Workers workers, int[] x, int xOff, int[] y, int yOff) {
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            IntegerReductions.sum(this, x, from, y, yOff + o * inner, j0, j1);
          }
        });
  }

  /// Maxima of `x`.
  void max(Workers workers, int[] x, int xOff, int[] y, int yOff) {
    forBlocks(
        workers,
        (o0, o1, j0, j1) -> {
          for (int o = o0; o < o1; o++) {
            int from = xOff + o * reduced * inner;
            IntegerReductions.max(this, x, from, y, yOff + o * inner, j0, j1);
          }
        });
  }

  private void requireElements() {
    if (reduced == 0 && outer > 0 && inner > 0) {
      throw new IllegalArgumentException("no extreme of zero elements");
    }
  }

  private long elements() {
    return (long) outer * reduced * inner;
  }

  /// Whether the Vector API wins. Its first thousands of calls are very slow, so small tensors do
  /// without; the bits do not depend on this.
  private boolean vectorPays() {
    boolean filled = inner == 1 ? reduced >= 16 : inner >= 4;
    return VectorSupport.AVAILABLE && filled && elements() >= 256;
  }

  private boolean isParallel(Workers workers) {
    return workers.threads() > 1 && elements() >= PARALLEL_ELEMENTS;
  }

  private void forBlocks(Workers workers, BlockKernel kernel) {
    if (!isParallel(workers)) {
      kernel.block(0, outer, 0, inner);
      return;
    }
    int parts = 2 * workers.threads();
    int blocks = outer >= parts ? 1 : Math.ceilDiv(inner, COLUMN_BLOCK);
    int across = Math.min(blocks, parts);
    int down = Math.min(outer, Math.ceilDiv(parts, across));
    workers.run(
        down * across,
        part -> {
          int r = part / across;
          int s = part % across;
          kernel.block(
              bound(r, down, outer),
              bound(r + 1, down, outer),
              bound(s, across, inner),
              bound(s + 1, across, inner));
        });
  }

  private static int bound(int part, int parts, int end) {
    return (int) ((long) end * part / parts);
  }
}
