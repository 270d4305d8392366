package nestor.autodiff.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import nestor.autodiff.cpu.functions.RowReductions;
import nestor.autodiff.cpu.functions.VectorSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Every kernel against the order of summation that [Reductions] defines, bit for bit.
class ReductionsTest {
  private static final Workers ONE = Workers.of(1);
  private static final Workers TWO = Workers.of(2);

  /// outer, reduced, inner: empty, below and above 16 lanes and every vector, several chunks,
  /// parallel over rows, columns and chunks.
  static final int[][] SIZES = {
    {0, 3, 2},
    {3, 2, 0},
    {2, 0, 3},
    {3, 0, 1},
    {1, 1, 1},
    {3, 1, 5},
    {5, 7, 1},
    {2, 15, 1},
    {40, 16, 1},
    {31, 17, 1},
    {3, 129, 1},
    {2, 257, 1},
    {7, 31, 4},
    {5, 13, 67},
    {2, 3, 131},
    {1, 8192, 1},
    {2, 8200, 1},
    {1, 8195, 3},
    {1, 300007, 1},
    {700, 401, 1},
    {1, 270, 1030},
    {61, 127, 37}
  };

  private static final Reductions ROW_OF_SIX = new Reductions(1, 6, 1);

  @AfterAll
  static void closeWorkers() {
    ONE.close();
    TWO.close();
  }

  @Test
  void floatKernelsEqualTheNaiveLoops() {
    for (int[] size : SIZES) {
      var r = new Reductions(size[0], size[1], size[2]);
      float[] x = floats(3 + r.outer() * r.reduced() * r.inner());
      for (var workers : List.of(ONE, TWO)) {
        check(workers, r, x);
      }
    }
  }

  private static void check(Workers workers, Reductions r, float[] x) {
    int results = r.outer() * r.inner();
    float[] y = new float[results + 1];
    r.sum(workers, x, 3, y, 1);
    float[] maxima = new float[results + 1];
    r.max(workers, x, 3, maxima, 1);
    float[] running = new float[x.length];
    r.cumulativeSum(workers, x, 3, running, 2);
    float[] backward = new float[x.length];
    r.reverseCumulativeSum(workers, x, 3, backward, 2);
    long[] indices = new long[results + 1];
    long[] least = new long[results + 1];
    if (r.reduced() > 0) {
      r.argmax(workers, x, 3, indices, 1);
      r.argmin(workers, x, 3, least, 1);
    }
    for (int o = 0; o < r.outer(); o++) {
      for (int j = 0; j < r.inner(); j++) {
        float[] column = new float[r.reduced()];
        for (int i = 0; i < column.length; i++) {
          column[i] = x[3 + (o * r.reduced() + i) * r.inner() + j];
        }
        int to = 1 + o * r.inner() + j;
        double sum = r.inner() == 1 ? naiveRowSum(column) : naiveSum(column, 0, column.length);
        same((float) sum, y[to], r);
        same(naiveMax(column), maxima[to], r);
        if (r.reduced() > 0) {
          assertEquals(naiveArgmax(column, 1), indices[to], r::toString);
          assertEquals(naiveArgmax(column, -1), least[to], r::toString);
        }
        double forth = 0;
        double back = 0;
        for (int i = 0; i < column.length; i++) {
          int last = column.length - 1 - i;
          forth += column[i];
          back += column[last];
          same((float) forth, running[2 + (o * r.reduced() + i) * r.inner() + j], r);
          same((float) back, backward[2 + (o * r.reduced() + last) * r.inner() + j], r);
        }
      }
    }
  }

  /// The definition: chunk by chunk, each lane by lane.
  private static float naiveRowSum(float[] x) {
    if (x.length > Reductions.CHUNK) {
      float[] sums = new float[Math.ceilDiv(x.length, Reductions.CHUNK)];
      for (int i = 0; i < sums.length; i++) {
        int from = i * Reductions.CHUNK;
        int to = Math.min(x.length, from + Reductions.CHUNK);
        sums[i] = naiveRowSum(Arrays.copyOfRange(x, from, to));
      }
      return naiveRowSum(sums);
    }
    if (x.length < 16) {
      return (float) naiveSum(x, 0, x.length);
    }
    double[] lanes = new double[16];
    for (int i = 0; i < x.length; i++) {
      lanes[i % 16] += x[i];
    }
    return (float) tree(lanes);
  }

  private static double naiveSum(float[] x, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += x[i];
    }
    return sum;
  }

  private static float naiveMax(float[] x) {
    float max = Float.NEGATIVE_INFINITY;
    for (float value : x) {
      max = Math.max(max, value);
    }
    return max;
  }

  private static long naiveArgmax(float[] x, int sign) {
    for (int i = 0; i < x.length; i++) {
      if (Float.isNaN(x[i])) {
        return i;
      }
    }
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      if (sign * x[i] > sign * x[best]) {
        best = i;
      }
    }
    return best;
  }

  private static void same(float expected, float actual, Reductions r) {
    if (Float.floatToIntBits(expected) != Float.floatToIntBits(actual)) {
      fail(r + ": " + expected + " but " + actual);
    }
  }

  @Test
  void floatKernelsEqualEachOther() {
    if (!VectorSupport.AVAILABLE) {
      return;
    }
    for (int[] size : SIZES) {
      var r = new Reductions(1, size[1], size[2]);
      float[] x = floats(5 + r.reduced() * r.inner());
      int length = Math.min(Reductions.CHUNK, r.reduced() * r.inner());
      assertEquals(RowReductions.sum(x, 5, length), VectorFloatReductions.sumChunk(x, 5, length));
      same(RowReductions.max(x, 5, length), VectorFloatReductions.maxRow(x, 5, length), r);
      for (int j0 = 0; j0 < Math.min(3, r.inner()); j0++) {
        float[] y = new float[r.inner()];
        float[] z = new float[r.inner()];
        ScalarFloatReductions.sumColumns(r, x, 5, y, 0, j0, r.inner());
        VectorFloatReductions.sumColumns(r, x, 5, z, 0, j0, r.inner());
        assertArrayEquals(y, z);
        ScalarFloatReductions.maxColumns(r, x, 5, y, 0, j0, r.inner());
        VectorFloatReductions.maxColumns(r, x, 5, z, 0, j0, r.inner());
        assertArrayEquals(y, z);
        float[] s = new float[x.length];
        float[] t = new float[x.length];
        ScalarFloatReductions.accumulate(r, x, 5, s, 0, r.inner(), j0, r.inner());
        VectorFloatReductions.accumulate(r, x, 5, t, 0, r.inner(), j0, r.inner());
        assertArrayEquals(s, t);
      }
    }
  }

  @Test
  void floatNanIsTheExtremeAndZerosAreOrdered() {
    float nan = Float.NaN;
    float[] y = new float[1];
    long[] index = new long[1];
    float[] x = {1, 2, nan, 3, nan, -4};
    ROW_OF_SIX.max(ONE, x, 0, y, 0);
    same(nan, y[0], ROW_OF_SIX);
    ROW_OF_SIX.argmax(ONE, x, 0, index, 0);
    assertEquals(2, index[0]);
    ROW_OF_SIX.argmin(ONE, x, 0, index, 0);
    assertEquals(2, index[0]);
    ROW_OF_SIX.sum(ONE, x, 0, y, 0);
    same(nan, y[0], ROW_OF_SIX);

    x = new float[] {(float) -0.0, (float) -0.0, 0, -1, 0, (float) -0.0};
    ROW_OF_SIX.max(ONE, x, 0, y, 0);
    same(0, y[0], ROW_OF_SIX);
    ROW_OF_SIX.argmax(ONE, x, 0, index, 0);
    assertEquals(0, index[0]); // the zeros are equal
    ROW_OF_SIX.argmin(ONE, x, 0, index, 0);
    assertEquals(3, index[0]);

    for (int at = 0; at < 400; at++) { // NaN in every lane of a vector kernel
      float[] z = new float[400];
      z[at] = nan;
      new Reductions(1, 400, 1).max(ONE, z, 0, y, 0);
      same(nan, y[0], ROW_OF_SIX);
    }
  }

  @Test
  void doubleKernelsEqualTheNaiveLoops() {
    for (int[] size : SIZES) {
      var r = new Reductions(size[0], size[1], size[2]);
      double[] x = doubles(3 + r.outer() * r.reduced() * r.inner());
      for (var workers : List.of(ONE, TWO)) {
        check(workers, r, x);
      }
    }
  }

  private static void check(Workers workers, Reductions r, double[] x) {
    int results = r.outer() * r.inner();
    double[] y = new double[results + 1];
    r.sum(workers, x, 3, y, 1);
    double[] maxima = new double[results + 1];
    r.max(workers, x, 3, maxima, 1);
    double[] running = new double[x.length];
    r.cumulativeSum(workers, x, 3, running, 2);
    double[] backward = new double[x.length];
    r.reverseCumulativeSum(workers, x, 3, backward, 2);
    long[] indices = new long[results + 1];
    long[] least = new long[results + 1];
    if (r.reduced() > 0) {
      r.argmax(workers, x, 3, indices, 1);
      r.argmin(workers, x, 3, least, 1);
    }
    for (int o = 0; o < r.outer(); o++) {
      for (int j = 0; j < r.inner(); j++) {
        double[] column = new double[r.reduced()];
        for (int i = 0; i < column.length; i++) {
          column[i] = x[3 + (o * r.reduced() + i) * r.inner() + j];
        }
        int to = 1 + o * r.inner() + j;
        double sum = r.inner() == 1 ? naiveRowSum(column) : naiveSum(column, 0, column.length);
        same(sum, y[to], r);
        same(naiveMax(column), maxima[to], r);
        if (r.reduced() > 0) {
          assertEquals(naiveArgmax(column, 1), indices[to], r::toString);
          assertEquals(naiveArgmax(column, -1), least[to], r::toString);
        }
        double forth = 0;
        double back = 0;
        for (int i = 0; i < column.length; i++) {
          int last = column.length - 1 - i;
          forth += column[i];
          back += column[last];
          same(forth, running[2 + (o * r.reduced() + i) * r.inner() + j], r);
          same(back, backward[2 + (o * r.reduced() + last) * r.inner() + j], r);
        }
      }
    }
  }

  /// The definition: chunk by chunk, each lane by lane.
  private static double naiveRowSum(double[] x) {
    if (x.length > Reductions.CHUNK) {
      double[] sums = new double[Math.ceilDiv(x.length, Reductions.CHUNK)];
      for (int i = 0; i < sums.length; i++) {
        int from = i * Reductions.CHUNK;
        int to = Math.min(x.length, from + Reductions.CHUNK);
        sums[i] = naiveRowSum(Arrays.copyOfRange(x, from, to));
      }
      return naiveRowSum(sums);
    }
    if (x.length < 16) {
      return naiveSum(x, 0, x.length);
    }
    double[] lanes = new double[16];
    for (int i = 0; i < x.length; i++) {
      lanes[i % 16] += x[i];
    }
    return tree(lanes);
  }

  private static double naiveSum(double[] x, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += x[i];
    }
    return sum;
  }

  private static double naiveMax(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    return max;
  }

  private static long naiveArgmax(double[] x, int sign) {
    for (int i = 0; i < x.length; i++) {
      if (Double.isNaN(x[i])) {
        return i;
      }
    }
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      if (sign * x[i] > sign * x[best]) {
        best = i;
      }
    }
    return best;
  }

  private static void same(double expected, double actual, Reductions r) {
    if (Double.doubleToLongBits(expected) != Double.doubleToLongBits(actual)) {
      fail(r + ": " + expected + " but " + actual);
    }
  }

  @Test
  void doubleKernelsEqualEachOther() {
    if (!VectorSupport.AVAILABLE) {
      return;
    }
    for (int[] size : SIZES) {
      var r = new Reductions(1, size[1], size[2]);
      double[] x = doubles(5 + r.reduced() * r.inner());
      int length = Math.min(Reductions.CHUNK, r.reduced() * r.inner());
      assertEquals(RowReductions.sum(x, 5, length), VectorDoubleReductions.sumChunk(x, 5, length));
      same(RowReductions.max(x, 5, length), VectorDoubleReductions.maxRow(x, 5, length), r);
      for (int j0 = 0; j0 < Math.min(3, r.inner()); j0++) {
        double[] y = new double[r.inner()];
        double[] z = new double[r.inner()];
        ScalarDoubleReductions.sumColumns(r, x, 5, y, 0, j0, r.inner());
        VectorDoubleReductions.sumColumns(r, x, 5, z, 0, j0, r.inner());
        assertArrayEquals(y, z);
        ScalarDoubleReductions.maxColumns(r, x, 5, y, 0, j0, r.inner());
        VectorDoubleReductions.maxColumns(r, x, 5, z, 0, j0, r.inner());
        assertArrayEquals(y, z);
        double[] s = new double[x.length];
        double[] t = new double[x.length];
        ScalarDoubleReductions.accumulate(r, x, 5, s, 0, r.inner(), j0, r.inner());
        VectorDoubleReductions.accumulate(r, x, 5, t, 0, r.inner(), j0, r.inner());
        assertArrayEquals(s, t);
      }
    }
  }

  @Test
  void doubleNanIsTheExtremeAndZerosAreOrdered() {
    double nan = Double.NaN;
    double[] y = new double[1];
    long[] index = new long[1];
    double[] x = {1, 2, nan, 3, nan, -4};
    ROW_OF_SIX.max(ONE, x, 0, y, 0);
    same(nan, y[0], ROW_OF_SIX);
    ROW_OF_SIX.argmax(ONE, x, 0, index, 0);
    assertEquals(2, index[0]);
    ROW_OF_SIX.argmin(ONE, x, 0, index, 0);
    assertEquals(2, index[0]);
    ROW_OF_SIX.sum(ONE, x, 0, y, 0);
    same(nan, y[0], ROW_OF_SIX);

    x = new double[] {-0.0, -0.0, 0, -1, 0, -0.0};
    ROW_OF_SIX.max(ONE, x, 0, y, 0);
    same(0, y[0], ROW_OF_SIX);
    ROW_OF_SIX.argmax(ONE, x, 0, index, 0);
    assertEquals(0, index[0]); // the zeros are equal
    ROW_OF_SIX.argmin(ONE, x, 0, index, 0);
    assertEquals(3, index[0]);

    for (int at = 0; at < 400; at++) { // NaN in every lane of a vector kernel
      double[] z = new double[400];
      z[at] = nan;
      new Reductions(1, 400, 1).max(ONE, z, 0, y, 0);
      same(nan, y[0], ROW_OF_SIX);
    }
  }

  @Test
  void floatSumsAreRoundedOnce() {
    float[] x = {1e8f, 1, -1e8f, 0, 0, 0};
    float[] y = new float[1];
    ROW_OF_SIX.sum(ONE, x, 0, y, 0);
    assertEquals(1, y[0]);
  }

  @Test
  void noElementsHaveNoIndex() {
    var r = new Reductions(1, 0, 1);
    assertThrows(
        IllegalArgumentException.class, () -> r.argmax(ONE, new float[0], 0, new long[1], 0));
  }

  private static double tree(double[] lanes) {
    for (int half = 8; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    return lanes[0];
  }

  /// Values whose sums depend on their order, ties, and zeros of either sign.
  private static double[] doubles(int length) {
    var random = new Random(29 + length);
    double[] x = new double[length];
    for (int i = 0; i < length; i++) {
      double value = random.nextGaussian();
      x[i] =
          switch (i % 13) {
            case 0 -> Math.copySign(0, value);
            case 5 -> 2.5;
            default -> value * Math.pow(10, random.nextInt(-9, 9));
          };
    }
    return x;
  }

  private static float[] floats(int length) {
    double[] wide = doubles(length);
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = (float) wide[i];
    }
    return x;
  }
}
