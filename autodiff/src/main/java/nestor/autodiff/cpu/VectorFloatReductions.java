package nestor.autodiff.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import nestor.autodiff.cpu.functions.RowReductions;

/// Vector kernels of [Reductions] for `float`, with the bits of [ScalarFloatReductions] and
/// [RowReductions].
///
/// Sums of rows use four vectors of four lanes on every machine: their chains of additions are then
/// as long as those of wider vectors, of which there would be fewer.
final class VectorFloatReductions {
  private static final VectorSpecies<Double> SUMS = DoubleVector.SPECIES_PREFERRED;

  /// As many floats as `SUMS` has lanes.
  private static final VectorSpecies<Float> NARROWED =
      VectorSpecies.of(float.class, VectorShape.forBitSize(SUMS.vectorBitSize() / 2));

  private static final VectorSpecies<Float> MAXIMA = FloatVector.SPECIES_PREFERRED;

  private VectorFloatReductions() {}

  /// Sum of up to [Reductions#CHUNK] contiguous elements.
  static double sumChunk(float[] x, int from, int length) {
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

  private static DoubleVector four(float[] x, int at) {
    var narrow = FloatVector.fromArray(FloatVector.SPECIES_128, x, at);
    return (DoubleVector) narrow.castShape(DoubleVector.SPECIES_256, 0);
  }

  private static DoubleVector four(float[] x, int at, int end) {
    var mask = FloatVector.SPECIES_128.indexInRange(at, end);
    var narrow = FloatVector.fromArray(FloatVector.SPECIES_128, x, at, mask);
    return (DoubleVector) narrow.castShape(DoubleVector.SPECIES_256, 0);
  }

  /// Sums of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void sumColumns(Reductions r, float[] x, int from, float[] y, int to, int j0, int j1) {
    int width = SUMS.length();
    int j = j0;
    for (; j + 4 * width <= j1; j += 4 * width) {
      sumStrip(r, x, from + j, y, to + j);
    }
    for (; j < j1; j += width) {
      sumVector(r, x, from + j, y, to + j, NARROWED.indexInRange(j, j1));
    }
  }

  private static void sumStrip(Reductions r, float[] x, int from, float[] y, int to) {
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
      Reductions r, float[] x, int from, float[] y, int to, VectorMask<Float> mask) {
    var sum = DoubleVector.zero(SUMS);
    for (int i = 0, at = from; i < r.reduced(); i++, at += r.inner()) {
      sum = sum.add(load(x, at, mask));
    }
    store(sum, y, to, mask);
  }

  private static DoubleVector load(float[] x, int at) {
    return (DoubleVector) FloatVector.fromArray(NARROWED, x, at).castShape(SUMS, 0);
  }

  private static DoubleVector load(float[] x, int at, VectorMask<Float> mask) {
    return (DoubleVector) FloatVector.fromArray(NARROWED, x, at, mask).castShape(SUMS, 0);
  }

  private static void store(DoubleVector sum, float[] y, int at) {
    ((FloatVector) sum.castShape(NARROWED, 0)).intoArray(y, at);
  }

  private static void store(DoubleVector sum, float[] y, int at, VectorMask<Float> mask) {
    ((FloatVector) sum.castShape(NARROWED, 0)).intoArray(y, at, mask);
  }

  /// Maximum of contiguous elements. Maxima do not depend on their order.
  static float maxRow(float[] x, int from, int length) {
    int width = MAXIMA.length();
    if (length < width) {
      return RowReductions.max(x, from, length);
    }
    var m0 = FloatVector.fromArray(MAXIMA, x, from + length - width);
    var m1 = m0;
    int end = from + length;
    int i = from;
    for (; i + 2 * width <= end; i += 2 * width) {
      m0 = m0.max(FloatVector.fromArray(MAXIMA, x, i));
      m1 = m1.max(FloatVector.fromArray(MAXIMA, x, i + width));
    }
    if (i + width <= end) {
      m0 = m0.max(FloatVector.fromArray(MAXIMA, x, i));
    }
    m0 = m0.max(m1);
    float max = Float.NEGATIVE_INFINITY;
    for (float lane : m0.toArray()) { // lane(i) of a variable i is slow
      max = Math.max(max, lane);
    }
    return max;
  }

  /// Maxima of the columns `[j0, j1)` of a matrix at `from`, to `to`.
  static void maxColumns(Reductions r, float[] x, int from, float[] y, int to, int j0, int j1) {
    int width = MAXIMA.length();
    for (int j = j0; j < j1; j += width) {
      maxVector(r, x, from + j, y, to + j, MAXIMA.indexInRange(j, j1));
    }
  }

  private static void maxVector(
      Reductions r, float[] x, int from, float[] y, int to, VectorMask<Float> mask) {
    var max = FloatVector.broadcast(MAXIMA, Float.NEGATIVE_INFINITY);
    for (int i = 0, at = from; i < r.reduced(); i++, at += r.inner()) {
      max = max.max(FloatVector.fromArray(MAXIMA, x, at, mask));
    }
    max.intoArray(y, to, mask);
  }

  /// Running sums of the columns `[j0, j1)`. `from` and `to` are where the row to start with lies,
  /// `step` is the distance of the next one.
  static void accumulate(
      Reductions r, float[] x, int from, float[] y, int to, int step, int j0, int j1) {
    int width = SUMS.length();
    for (int j = j0; j < j1; j += width) {
      var mask = NARROWED.indexInRange(j, j1);
      accumulateVector(x, from + j, y, to + j, step, r.reduced(), mask);
    }
  }

  private static void accumulateVector(
      float[] x, int from, float[] y, int to, int step, int rows, VectorMask<Float> mask) {
    var sum = DoubleVector.zero(SUMS);
    for (int i = 0, at = 0; i < rows; i++, at += step) {
      sum = sum.add(load(x, from + at, mask));
      store(sum, y, to + at, mask);
    }
  }
}
