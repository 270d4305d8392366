package nestor.autodiff.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import nestor.autodiff.cpu.functions.RowReductions;

/// Vector kernels of [Reductions] for `double`, with the bits of [ScalarDoubleReductions] and
/// [RowReductions].
///
/// Sums of rows use four vectors of four lanes on every machine: their chains of additions are then
/// as long as those of wider vectors, of which there would be fewer.
final class VectorDoubleReductions {
  private static final VectorSpecies<Double> SUMS = DoubleVector.SPECIES_PREFERRED;

  private VectorDoubleReductions() {}

  /// Sum of up to [Reductions#CHUNK] contiguous elements.
  static double sumChunk(double[] x, int from, int length) {
    if (length < 16 || SUMS.length() < 4) {
      return RowReductions.sum(x, from, length);
    }
    var s0 = DoubleVector.zero(DoubleVector.SPECIES_256);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    int end = from + length;
    int i = from;
    for (; i + 16 <= end; i += 16) {
      s0 = s0.add(four(x, i));
      s1 = s1.add(four(x, i + 4));
      s2 = s2.add(four(x, i + 8));
      s3 = s3.add(four(x, i + 12));
    }
    if (i < end) { // missing elements count +0, which changes no sum: none is -0
      s0 = s0.add(four(x, i, end));
      s1 = s1.add(four(x, i + 4, end));
      s2 = s2.add(four(x, i + 8, end));
      s3 = s3.add(four(x, i + 12, end));
    }
    var tree = s0.add(s2).add(s1.add(s3));
    return (tree.lane(0) + tree.lane(2)) + (tree.lane(1) + tree.lane(3));
  }

  private static DoubleVector four(double[] x, int at) {
    return DoubleVector.fromArray(DoubleVector.SPECIES_256, x, at);
  }

  private static DoubleVector four(double[] x, int at, int end) {
    var mask = DoubleVector.SPECIES_256.indexInRange(at, end);
    return DoubleVector.fromArray(DoubleVector.SPECIES_256, x, at, mask);
  }

  /// Sums of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void sumColumns(Reductions r, double[] x, int from, double[] y, int to, int j0, int j1) {
    int width = SUMS.length();
    int j = j0;
    for (; j + 4 * width <= j1; j += 4 * width) {
      sumStrip(r, x, from + j, y, to + j);
    }
    for (; j < j1; j += width) {
      sumVector(r, x, from + j, y, to + j, SUMS.indexInRange(j, j1));
    }
  }

  private static void sumStrip(Reductions r, double[] x, int from, double[] y, int to) {
    int width = SUMS.length();
    var s0 = DoubleVector.zero(SUMS);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (int i = 0, at = from; i < r.reduced(); i++, at += r.inner()) {
      s0 = s0.add(load(x, at));
      s1 = s1.add(load(x, at + width));
      s2 = s2.add(load(x, at + 2 * width));
      s3 = s3.add(load(x, at + 3 * width));
    }
    store(s0, y, to);
    store(s1, y, to + width);
    store(s2, y, to + 2 * width);
    store(s3, y, to + 3 * width);
  }

  private static void sumVector(
      Reductions r, double[] x, int from, double[] y, int to, VectorMask<Double> mask) {
    var sum = DoubleVector.zero(SUMS);
    for (int i = 0, at = from; i < r.reduced(); i++, at += r.inner()) {
      sum = sum.add(load(x, at, mask));
    }
    store(sum, y, to, mask);
  }

  private static DoubleVector load(double[] x, int at) {
    return DoubleVector.fromArray(SUMS, x, at);
  }

  private static DoubleVector load(double[] x, int at, VectorMask<Double> mask) {
    return DoubleVector.fromArray(SUMS, x, at, mask);
  }

  private static void store(DoubleVector sum, double[] y, int at) {
    sum.intoArray(y, at);
  }

  private static void store(DoubleVector sum, double[] y, int at, VectorMask<Double> mask) {
    sum.intoArray(y, at, mask);
  }

  /// Maximum of contiguous elements. Maxima do not depend on their order.
  static double maxRow(double[] x, int from, int length) {
    int width = SUMS.length();
    if (length < width) {
      return RowReductions.max(x, from, length);
    }
    var m0 = DoubleVector.fromArray(SUMS, x, from + length - width);
    var m1 = m0;
    int end = from + length;
    int i = from;
    for (; i + 2 * width <= end; i += 2 * width) {
      m0 = m0.max(DoubleVector.fromArray(SUMS, x, i));
      m1 = m1.max(DoubleVector.fromArray(SUMS, x, i + width));
    }
    if (i + width <= end) {
      m0 = m0.max(DoubleVector.fromArray(SUMS, x, i));
    }
    m0 = m0.max(m1);
    double max = Double.NEGATIVE_INFINITY;
    for (double lane : m0.toArray()) { // lane(i) of a variable i is slow
      max = Math.max(max, lane);
    }
    return max;
  }

  /// Maxima of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void maxColumns(Reductions r, double[] x, int from, double[] y, int to, int j0, int j1) {
    int width = SUMS.length();
    for (int j = j0; j < j1; j += width) {
      maxVector(r, x, from + j, y, to + j, SUMS.indexInRange(j, j1));
    }
  }

  private static void maxVector(
      Reductions r, double[] x, int from, double[] y, int to, VectorMask<Double> mask) {
    var max = DoubleVector.broadcast(SUMS, Double.NEGATIVE_INFINITY);
    for (int i = 0, at = from; i < r.reduced(); i++, at += r.inner()) {
      max = max.max(DoubleVector.fromArray(SUMS, x, at, mask));
    }
    max.intoArray(y, to, mask);
  }

  /// Running sums of the columns `[j0, j1)`. `from` and `to` are where the row to start with lies,
  /// `step` is the distance of the next one.
  static void accumulate(
      Reductions r, double[] x, int from, double[] y, int to, int step, int j0, int j1) {
    int width = SUMS.length();
    for (int j = j0; j < j1; j += width) {
      var mask = SUMS.indexInRange(j, j1);
      accumulateVector(x, from + j, y, to + j, step, r.reduced(), mask);
    }
  }

  private static void accumulateVector(
      double[] x, int from, double[] y, int to, int step, int rows, VectorMask<Double> mask) {
    var sum = DoubleVector.zero(SUMS);
    for (int i = 0, at = 0; i < rows; i++, at += step) {
      sum = sum.add(load(x, from + at, mask));
      store(sum, y, to + at, mask);
    }
  }
}
