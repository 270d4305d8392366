package nestor.autodiff.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import nestor.autodiff.cpu.Scratch.Slot;
import nestor.autodiff.plan.Loop;

/// Products of one row x and a matrix with contiguous columns for `double`, as [MatrixProduct]
/// defines them: vectors along k.
///
/// Accumulators are spelled out because a vector that is not a local variable is boxed. So are all
/// vectors of a method whose nodes become too many for C2 to go on inlining: where sums need more,
/// they go from one method to the next through working memory.
final class VectorDoubleDots {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int WIDTH = SPECIES.length();
  private static final int LANES = Loop.LANES;

  /// Whether the chains of an element fill whole vectors.
  static final boolean AVAILABLE = WIDTH >= 4 && WIDTH <= LANES;

  /// Columns of C that a share of the work should be a multiple of.
  static final int COLUMN_GRAIN = 64;

  /// Where group g of four of the accumulators of [#rows] reads within sixteen elements of x.
  private static final int PART1 = WIDTH < 8 ? WIDTH : 0;

  private static final int PART2 = WIDTH < 16 ? 8 : 0;
  private static final int PART3 = PART1 + PART2;

  private static final VectorMask<Double> HIGH8 = high(8);
  private static final VectorMask<Double> HIGH4 = high(4);
  private static final VectorMask<Double> HIGH2 = high(2);
  private static final VectorMask<Double> HIGH1 = high(1);
  private static final VectorShuffle<Double> SWAP8 = swap(8);
  private static final VectorShuffle<Double> SWAP4 = swap(4);
  private static final VectorShuffle<Double> SWAP2 = swap(2);
  private static final VectorShuffle<Double> SWAP1 = swap(1);

  /// One vector per accumulator.
  private static final int SCRATCH = LANES * WIDTH;

  private VectorDoubleDots() {}

  /// The lanes l with `l & distance` set.
  private static VectorMask<Double> high(int distance) {
    boolean[] high = new boolean[WIDTH];
    for (int l = 0; l < WIDTH; l++) {
      high[l] = (l & distance) != 0;
    }
    return VectorMask.fromArray(SPECIES, high, 0);
  }

  /// Exchanges lanes l and `l ^ distance`, if a vector has both.
  private static VectorShuffle<Double> swap(int distance) {
    return VectorShuffle.fromOp(SPECIES, l -> (l ^ distance) % WIDTH);
  }

  /// The first `columns` elements of the only row of C, if x and the columns of B are contiguous.
  static void dots(
      MatrixProduct s,
      double[] x,
      int xi,
      double[] b,
      int bi,
      double[] c,
      int ci,
      int columns,
      Scratch scratch) {
    double[] lanes = scratch.doubles(Slot.EDGE, SCRATCH);
    int line = s.bCol();
    int k = s.k();
    int j = 0;
    while (j + WIDTH <= columns) {
      if (k % LANES == 0) {
        half(x, xi, b, bi + j * line, 2 * line, k, lanes, 0);
        half(x, xi, b, bi + j * line + line, 2 * line, k, lanes, WIDTH);
        join(lanes, c, ci + j);
      } else {
        rows(x, xi, b, bi + j * line, line, k, lanes, c, ci + j);
      }
      j = next(j, columns);
    }
    if (j < columns) {
      fewRows(x, xi, b, bi + j * line, line, k, lanes, columns - j);
      reduce(lanes, lanes, 0);
      System.arraycopy(lanes, 0, c, ci + j, columns - j);
    }
  }

  /// Where the next vector of columns begins: the last one may repeat some, with the same bits.
  static int next(int j, int columns) {
    int next = j + WIDTH;
    return next < columns ? Math.min(next, columns - WIDTH) : next;
  }

  /// The products of x and [#WIDTH] lines of B. Accumulator `o + WIDTH·part` holds the chains of
  /// line o for lanes from `WIDTH·part` on.
  private static void rows(
      double[] x, int xi, double[] b, int bi, int line, int k, double[] lanes, double[] c, int ci) {
    int b0 = bi;
    int b1 = bi + line;
    int b2 = b1 + line;
    int b3 = b2 + line;
    int b4 = WIDTH > 4 ? b3 + line : b0 + PART1;
    int b5 = WIDTH > 4 ? b4 + line : b1 + PART1;
    int b6 = WIDTH > 4 ? b5 + line : b2 + PART1;
    int b7 = WIDTH > 4 ? b6 + line : b3 + PART1;
    int b8 = WIDTH > 8 ? b7 + line : b0 + PART2;
    int b9 = WIDTH > 8 ? b8 + line : b1 + PART2;
    int b10 = WIDTH > 8 ? b9 + line : b2 + PART2;
    int b11 = WIDTH > 8 ? b10 + line : b3 + PART2;
    int b12 = WIDTH > 8 ? b11 + line : b4 + PART2;
    int b13 = WIDTH > 8 ? b12 + line : b5 + PART2;
    int b14 = WIDTH > 8 ? b13 + line : b6 + PART2;
    int b15 = WIDTH > 8 ? b14 + line : b7 + PART2;
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
    int q = 0;
    for (; q + LANES <= k; q += LANES) {
      var v = load(x, xi + q);
      s0 = v.fma(load(b, b0 + q), s0);
      s1 = v.fma(load(b, b1 + q), s1);
      s2 = v.fma(load(b, b2 + q), s2);
      s3 = v.fma(load(b, b3 + q), s3);
      v = load(x, xi + q + PART1);
      s4 = v.fma(load(b, b4 + q), s4);
      s5 = v.fma(load(b, b5 + q), s5);
      s6 = v.fma(load(b, b6 + q), s6);
      s7 = v.fma(load(b, b7 + q), s7);
      v = load(x, xi + q + PART2);
      s8 = v.fma(load(b, b8 + q), s8);
      s9 = v.fma(load(b, b9 + q), s9);
      s10 = v.fma(load(b, b10 + q), s10);
      s11 = v.fma(load(b, b11 + q), s11);
      v = load(x, xi + q + PART3);
      s12 = v.fma(load(b, b12 + q), s12);
      s13 = v.fma(load(b, b13 + q), s13);
      s14 = v.fma(load(b, b14 + q), s14);
      s15 = v.fma(load(b, b15 + q), s15);
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
    tails(x, xi + q, b, bi + q, line, k - q, lanes, WIDTH);
    reduce(lanes, c, ci);
  }

  /// The chains of the first `count` lines, to where [#reduce] reads them.
  private static void fewRows(
      double[] x, int xi, double[] b, int bi, int line, int k, double[] lanes, int count) {
    int whole = k / LANES * LANES;
    for (int o = 0; o < count; o++) {
      for (int l = 0; l < LANES; l += WIDTH) {
        var s = zero();
        for (int q = l; q < whole; q += LANES) {
          s = load(x, xi + q).fma(load(b, bi + o * line + q), s);
        }
        s.intoArray(lanes, (o + l) * WIDTH);
      }
    }
    if (whole < k) {
      tails(x, xi + whole, b, bi + whole, line, k - whole, lanes, count);
    }
  }

  /// Continues the first of the chains by `rest < 16` elements each. In the others, x is −0 and B
  /// +0, which moves no bit.
  private static void tails(
      double[] x, int xi, double[] b, int bi, int line, int rest, double[] lanes, int count) {
    for (int l = 0; l < rest; l += WIDTH) {
      var mask = SPECIES.indexInRange(l, rest);
      var v = DoubleVector.broadcast(SPECIES, -0f);
      v = v.blend(DoubleVector.fromArray(SPECIES, x, xi + l, mask), mask);
      for (int o = 0; o < count; o++) {
        int at = (o + l) * WIDTH;
        v.fma(DoubleVector.fromArray(SPECIES, b, bi + o * line + l, mask), load(lanes, at))
            .intoArray(lanes, at);
      }
    }
  }

  /// Sums the lanes of each line in the defined order, to one lane per line.
  private static void reduce(double[] lanes, double[] c, int ci) {
    var t0 = by4(by8(lanes, 0), by8(lanes, 4 * WIDTH));
    var t1 = by4(by8(lanes, WIDTH), by8(lanes, 5 * WIDTH));
    var t2 = by4(by8(lanes, 2 * WIDTH), by8(lanes, 6 * WIDTH));
    var t3 = by4(by8(lanes, 3 * WIDTH), by8(lanes, 7 * WIDTH));
    fold(fold(t0, t2, HIGH2, SWAP2), fold(t1, t3, HIGH2, SWAP2), HIGH1, SWAP1).intoArray(c, ci);
  }

  /// Sums of the products of x and every second of [#WIDTH] lines of B, in two lanes per line, if k
  /// is a multiple of sixteen. Accumulator `o + WIDTH/2·part` holds the chains of line o for lanes
  /// from `WIDTH·part` on.
  private static void half(
      double[] x, int xi, double[] b, int bi, int line, int k, double[] lanes, int at) {
    int b0 = bi;
    int b1 = bi + line;
    int b2 = WIDTH > 4 ? b1 + line : b0 + PART1;
    int b3 = WIDTH > 4 ? b2 + line : b1 + PART1;
    int b4 = WIDTH > 8 ? b3 + line : b0 + PART2;
    int b5 = WIDTH > 8 ? b4 + line : b1 + PART2;
    int b6 = WIDTH > 8 ? b5 + line : b2 + PART2;
    int b7 = WIDTH > 8 ? b6 + line : b3 + PART2;
    var zero = zero();
    var s0 = zero;
    var s1 = zero;
    var s2 = zero;
    var s3 = zero;
    var s4 = zero;
    var s5 = zero;
    var s6 = zero;
    var s7 = zero;
    for (int q = 0; q < k; q += LANES) {
      var v = load(x, xi + q);
      s0 = v.fma(load(b, b0 + q), s0);
      s1 = v.fma(load(b, b1 + q), s1);
      v = PART1 > 0 ? load(x, xi + q + PART1) : v;
      s2 = v.fma(load(b, b2 + q), s2);
      s3 = v.fma(load(b, b3 + q), s3);
      v = PART2 > 0 ? load(x, xi + q + PART2) : v;
      s4 = v.fma(load(b, b4 + q), s4);
      s5 = v.fma(load(b, b5 + q), s5);
      v = PART1 > 0 ? load(x, xi + q + PART3) : v;
      s6 = v.fma(load(b, b6 + q), s6);
      s7 = v.fma(load(b, b7 + q), s7);
    }
    var even = by4(by8(s0, s4), by8(s2, s6));
    var odd = by4(by8(s1, s5), by8(s3, s7));
    fold(even, odd, HIGH2, SWAP2).intoArray(lanes, at);
  }

  private static void join(double[] lanes, double[] c, int ci) {
    fold(load(lanes, 0), load(lanes, WIDTH), HIGH1, SWAP1).intoArray(c, ci);
  }

  private static DoubleVector by8(DoubleVector a, DoubleVector b) {
    return WIDTH > 8 ? fold(a, b, HIGH8, SWAP8) : a.add(b);
  }

  private static DoubleVector by8(double[] lanes, int at) {
    return by8(load(lanes, at), load(lanes, at + 8 * WIDTH));
  }

  private static DoubleVector by4(DoubleVector a, DoubleVector b) {
    return WIDTH > 4 ? fold(a, b, HIGH4, SWAP4) : a.add(b);
  }

  /// Low plus high lanes of a in the low lanes, of b in the high ones.
  private static DoubleVector fold(
      DoubleVector a, DoubleVector b, VectorMask<Double> high, VectorShuffle<Double> swap) {
    return a.blend(b, high).add(b.blend(a, high).rearrange(swap));
  }

  private static DoubleVector zero() {
    return DoubleVector.zero(SPECIES);
  }

  private static DoubleVector load(double[] x, int at) {
    return DoubleVector.fromArray(SPECIES, x, at);
  }
}
