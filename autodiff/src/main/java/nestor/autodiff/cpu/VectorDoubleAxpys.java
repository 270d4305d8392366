package nestor.autodiff.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import nestor.autodiff.cpu.Scratch.Slot;
import nestor.autodiff.plan.Loop;

/// Products of one row x and a matrix with contiguous rows for `double`, as [MatrixProduct] defines
/// them: vectors along n. See [VectorDoubleDots] for why sums go through working memory.
final class VectorDoubleAxpys {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int WIDTH = SPECIES.length();
  private static final int LANES = Loop.LANES;

  /// Columns of a wide strip.
  private static final int WIDE = 4 * WIDTH;

  /// Elements of B from which wide strips pay: they read it in longer pieces.
  private static final int WIDE_FROM = 1 << 13;

  private VectorDoubleAxpys() {}

  /// The first `columns` elements of the only row of C, if the rows of B are contiguous.
  static void axpys(
      MatrixProduct s,
      double[] x,
      int xi,
      double[] b,
      int bi,
      double[] c,
      int ci,
      int columns,
      Scratch scratch) {
    double[] lanes = scratch.doubles(Slot.EDGE, LANES * WIDE);
    int j = 0;
    if ((long) columns * s.k() >= WIDE_FROM) {
      for (; j + WIDE <= columns; j += WIDE) {
        for (int l = 0; l < LANES; l += 4) {
          wide(s, x, xi + l * s.aCol(), b, bi + l * s.bRow() + j, s.k() - l, lanes, l * WIDE);
        }
        for (int v = 0; v < WIDE; v += WIDTH) {
          sums(lanes, v, WIDE, c, ci + j + v);
        }
      }
    }
    while (j + WIDTH <= columns) {
      if (s.k() % LANES == 0) {
        wholeColumns(s, x, xi, b, bi + j, c, ci + j);
      } else {
        columns(s, x, xi, b, bi + j, lanes, c, ci + j);
      }
      j = VectorDoubleDots.next(j, columns);
    }
    if (j < columns) {
      fewColumns(s, x, xi, b, bi + j, lanes, columns - j);
      sums(lanes, 0, WIDTH, lanes, 0);
      System.arraycopy(lanes, 0, c, ci + j, columns - j);
    }
  }

  /// Four chains of each column of a wide strip, from `count` elements of x on, to where `lanes`
  /// has them from `at` on.
  private static void wide(
      MatrixProduct s, double[] x, int xi, double[] b, int bi, int count, double[] lanes, int at) {
    int step = s.aCol();
    int row = s.bRow();
    var zero = zero();
    var s00 = zero;
    var s01 = zero;
    var s02 = zero;
    var s03 = zero;
    var s10 = zero;
    var s11 = zero;
    var s12 = zero;
    var s13 = zero;
    var s20 = zero;
    var s21 = zero;
    var s22 = zero;
    var s23 = zero;
    var s30 = zero;
    var s31 = zero;
    var s32 = zero;
    var s33 = zero;
    int q = count;
    int u = xi;
    int w = bi;
    for (; q >= 4; q -= LANES, u += LANES * step, w += LANES * row) {
      var y = all(x[u]);
      int i = w;
      s00 = y.fma(load(b, i), s00);
      s01 = y.fma(load(b, i + WIDTH), s01);
      s02 = y.fma(load(b, i + 2 * WIDTH), s02);
      s03 = y.fma(load(b, i + 3 * WIDTH), s03);
      y = all(x[u + step]);
      i += row;
      s10 = y.fma(load(b, i), s10);
      s11 = y.fma(load(b, i + WIDTH), s11);
      s12 = y.fma(load(b, i + 2 * WIDTH), s12);
      s13 = y.fma(load(b, i + 3 * WIDTH), s13);
      y = all(x[u + 2 * step]);
      i += row;
      s20 = y.fma(load(b, i), s20);
      s21 = y.fma(load(b, i + WIDTH), s21);
      s22 = y.fma(load(b, i + 2 * WIDTH), s22);
      s23 = y.fma(load(b, i + 3 * WIDTH), s23);
      y = all(x[u + 3 * step]);
      i += row;
      s30 = y.fma(load(b, i), s30);
      s31 = y.fma(load(b, i + WIDTH), s31);
      s32 = y.fma(load(b, i + 2 * WIDTH), s32);
      s33 = y.fma(load(b, i + 3 * WIDTH), s33);
    }
    int to = at;
    s00.intoArray(lanes, to);
    s01.intoArray(lanes, to + WIDTH);
    s02.intoArray(lanes, to + 2 * WIDTH);
    s03.intoArray(lanes, to + 3 * WIDTH);
    to += WIDE;
    s10.intoArray(lanes, to);
    s11.intoArray(lanes, to + WIDTH);
    s12.intoArray(lanes, to + 2 * WIDTH);
    s13.intoArray(lanes, to + 3 * WIDTH);
    to += WIDE;
    s20.intoArray(lanes, to);
    s21.intoArray(lanes, to + WIDTH);
    s22.intoArray(lanes, to + 2 * WIDTH);
    s23.intoArray(lanes, to + 3 * WIDTH);
    to += WIDE;
    s30.intoArray(lanes, to);
    s31.intoArray(lanes, to + WIDTH);
    s32.intoArray(lanes, to + 2 * WIDTH);
    s33.intoArray(lanes, to + 3 * WIDTH);
    for (int l = 0; l < q; l++) {
      var y = all(x[u + l * step]);
      for (int v = 0; v < WIDE; v += WIDTH) {
        y.fma(load(b, w + l * row + v), load(lanes, at + l * WIDE + v))
            .intoArray(lanes, at + l * WIDE + v);
      }
    }
  }

  /// As [#columns], if k is a multiple of sixteen.
  private static void wholeColumns(
      MatrixProduct s, double[] x, int xi, double[] b, int bi, double[] c, int ci) {
    int step = s.aCol();
    int row = s.bRow();
    var zero = zero();
    var s0 = zero;
    var s1 = zero;
    var s2 = zero;
    var s3 = zero;
    var s4 = zero;
    var s5 = zero;
    var s6 = zero;
    var s7 = zero;
    var s8 = zero;
    var s9 = zero;
    var s10 = zero;
    var s11 = zero;
    var s12 = zero;
    var s13 = zero;
    var s14 = zero;
    var s15 = zero;
    for (int q = 0, u = xi, v = bi; q < s.k(); q += LANES, u += LANES * step, v += LANES * row) {
      s0 = all(x[u]).fma(load(b, v), s0);
      s1 = all(x[u + step]).fma(load(b, v + row), s1);
      s2 = all(x[u + 2 * step]).fma(load(b, v + 2 * row), s2);
      s3 = all(x[u + 3 * step]).fma(load(b, v + 3 * row), s3);
      s4 = all(x[u + 4 * step]).fma(load(b, v + 4 * row), s4);
      s5 = all(x[u + 5 * step]).fma(load(b, v + 5 * row), s5);
      s6 = all(x[u + 6 * step]).fma(load(b, v + 6 * row), s6);
      s7 = all(x[u + 7 * step]).fma(load(b, v + 7 * row), s7);
      s8 = all(x[u + 8 * step]).fma(load(b, v + 8 * row), s8);
      s9 = all(x[u + 9 * step]).fma(load(b, v + 9 * row), s9);
      s10 = all(x[u + 10 * step]).fma(load(b, v + 10 * row), s10);
      s11 = all(x[u + 11 * step]).fma(load(b, v + 11 * row), s11);
      s12 = all(x[u + 12 * step]).fma(load(b, v + 12 * row), s12);
      s13 = all(x[u + 13 * step]).fma(load(b, v + 13 * row), s13);
      s14 = all(x[u + 14 * step]).fma(load(b, v + 14 * row), s14);
      s15 = all(x[u + 15 * step]).fma(load(b, v + 15 * row), s15);
    }
    var t0 = s0.add(s8).add(s4.add(s12));
    var t1 = s1.add(s9).add(s5.add(s13));
    var t2 = s2.add(s10).add(s6.add(s14));
    var t3 = s3.add(s11).add(s7.add(s15));
    t0.add(t2).add(t1.add(t3)).intoArray(c, ci);
  }

  private static void columns(
      MatrixProduct s, double[] x, int xi, double[] b, int bi, double[] lanes, double[] c, int ci) {
    int step = s.aCol();
    int row = s.bRow();
    var zero = zero();
    var s0 = zero;
    var s1 = zero;
    var s2 = zero;
    var s3 = zero;
    var s4 = zero;
    var s5 = zero;
    var s6 = zero;
    var s7 = zero;
    var s8 = zero;
    var s9 = zero;
    var s10 = zero;
    var s11 = zero;
    var s12 = zero;
    var s13 = zero;
    var s14 = zero;
    var s15 = zero;
    int q = s.k();
    int u = xi;
    int v = bi;
    for (; q >= LANES; q -= LANES, u += LANES * step, v += LANES * row) {
      s0 = all(x[u]).fma(load(b, v), s0);
      s1 = all(x[u + step]).fma(load(b, v + row), s1);
      s2 = all(x[u + 2 * step]).fma(load(b, v + 2 * row), s2);
      s3 = all(x[u + 3 * step]).fma(load(b, v + 3 * row), s3);
      s4 = all(x[u + 4 * step]).fma(load(b, v + 4 * row), s4);
      s5 = all(x[u + 5 * step]).fma(load(b, v + 5 * row), s5);
      s6 = all(x[u + 6 * step]).fma(load(b, v + 6 * row), s6);
      s7 = all(x[u + 7 * step]).fma(load(b, v + 7 * row), s7);
      s8 = all(x[u + 8 * step]).fma(load(b, v + 8 * row), s8);
      s9 = all(x[u + 9 * step]).fma(load(b, v + 9 * row), s9);
      s10 = all(x[u + 10 * step]).fma(load(b, v + 10 * row), s10);
      s11 = all(x[u + 11 * step]).fma(load(b, v + 11 * row), s11);
      s12 = all(x[u + 12 * step]).fma(load(b, v + 12 * row), s12);
      s13 = all(x[u + 13 * step]).fma(load(b, v + 13 * row), s13);
      s14 = all(x[u + 14 * step]).fma(load(b, v + 14 * row), s14);
      s15 = all(x[u + 15 * step]).fma(load(b, v + 15 * row), s15);
    }
    s0.intoArray(lanes, 0);
    s1.intoArray(lanes, WIDTH);
    s2.intoArray(lanes, 2 * WIDTH);
    s3.intoArray(lanes, 3 * WIDTH);
    s4.intoArray(lanes, 4 * WIDTH);
    s5.intoArray(lanes, 5 * WIDTH);
    s6.intoArray(lanes, 6 * WIDTH);
    s7.intoArray(lanes, 7 * WIDTH);
    s8.intoArray(lanes, 8 * WIDTH);
    s9.intoArray(lanes, 9 * WIDTH);
    s10.intoArray(lanes, 10 * WIDTH);
    s11.intoArray(lanes, 11 * WIDTH);
    s12.intoArray(lanes, 12 * WIDTH);
    s13.intoArray(lanes, 13 * WIDTH);
    s14.intoArray(lanes, 14 * WIDTH);
    s15.intoArray(lanes, 15 * WIDTH);
    columnTails(x, u, step, b, v, row, q, lanes);
    sums(lanes, 0, WIDTH, c, ci);
  }

  private static void columnTails(
      double[] x, int xi, int step, double[] b, int bi, int row, int rest, double[] lanes) {
    for (int l = 0; l < rest; l++) {
      all(x[xi + l * step])
          .fma(load(b, bi + l * row), load(lanes, l * WIDTH))
          .intoArray(lanes, l * WIDTH);
    }
  }

  /// The chains of fewer columns than a vector has, to where [#sums] reads them.
  private static void fewColumns(
      MatrixProduct s, double[] x, int xi, double[] b, int bi, double[] lanes, int columns) {
    var mask = SPECIES.indexInRange(0, columns);
    for (int l = 0; l < LANES; l++) {
      var sum = zero();
      for (int q = l; q < s.k(); q += LANES) {
        var y = DoubleVector.fromArray(SPECIES, b, bi + q * s.bRow(), mask);
        sum = all(x[xi + q * s.aCol()]).fma(y, sum);
      }
      sum.intoArray(lanes, l * WIDTH);
    }
  }

  /// Sums the chains of each column in the defined order; they lie `step` apart.
  private static void sums(double[] lanes, int at, int step, double[] c, int ci) {
    var t0 = pair(lanes, at, step).add(pair(lanes, at + 4 * step, step));
    var t1 = pair(lanes, at + step, step).add(pair(lanes, at + 5 * step, step));
    var t2 = pair(lanes, at + 2 * step, step).add(pair(lanes, at + 6 * step, step));
    var t3 = pair(lanes, at + 3 * step, step).add(pair(lanes, at + 7 * step, step));
    t0.add(t2).add(t1.add(t3)).intoArray(c, ci);
  }

  private static DoubleVector pair(double[] lanes, int at, int step) {
    return load(lanes, at).add(load(lanes, at + 8 * step));
  }

  private static DoubleVector zero() {
    return DoubleVector.zero(SPECIES);
  }

  private static DoubleVector all(double x) {
    return DoubleVector.broadcast(SPECIES, x);
  }

  private static DoubleVector load(double[] x, int at) {
    return DoubleVector.fromArray(SPECIES, x, at);
  }
}
