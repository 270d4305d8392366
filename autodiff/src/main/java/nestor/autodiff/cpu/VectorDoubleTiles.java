package nestor.autodiff.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/// Register tiles of [MatrixProduct] for `double`: each keeps a few vectors of C in registers while
/// it runs through k. Their names say how many rows of how many vectors they hold; a `tail` is one
/// masked vector wide.
///
/// Tiles are spelled out because a vector that is not a local variable is boxed. Masked ones have
/// no more than four rows: C1 runs out of registers on eight, and then C2 never sees them.
final class VectorDoubleTiles {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int WIDTH = SPECIES.length();

  /// Rows of the widest tile: 16 accumulators if there are 32 registers, else 8 of 16.
  static final int ROWS = SPECIES.vectorBitSize() >= 512 ? 8 : 4;

  /// Columns of the widest tile.
  static final int COLUMNS = 2 * WIDTH;

  private VectorDoubleTiles() {}

  /// Computes `rows × columns` elements of C from `c0` on. Strips of [#ROWS] rows of A lie `aStrip`
  /// apart, strips of [#COLUMNS] columns of B `bStrip`.
  static void sweep(
      DoublePanels t, int a0, int b0, int c0, int rows, int columns, int aStrip, int bStrip) {
    int bi = b0;
    int j = 0;
    for (; j + COLUMNS <= columns; j += COLUMNS, bi += bStrip) {
      int ai = a0;
      int ci = c0 + j;
      int i = 0;
      for (; i + ROWS <= rows; i += ROWS, ai += aStrip, ci += ROWS * t.cRow()) {
        if (ROWS == 8) {
          tile8x2(t, ai, bi, ci);
        } else {
          tile4x2(t, ai, bi, ci);
        }
      }
      if (i + 4 <= rows) {
        tile4x2(t, ai, bi, ci);
        i += 4;
        ai += 4 * t.aRow();
        ci += 4 * t.cRow();
      }
      if (i + 2 <= rows) {
        tile2x2(t, ai, bi, ci);
        i += 2;
        ai += 2 * t.aRow();
        ci += 2 * t.cRow();
      }
      if (i < rows) {
        tile1x2(t, ai, bi, ci);
      }
    }
    for (; j < columns; j += WIDTH, bi += WIDTH) {
      tail(t, a0, bi, c0 + j, rows, columns - j, aStrip);
    }
  }

  private static void tail(
      DoublePanels t, int a0, int bi, int c0, int rows, int columns, int aStrip) {
    int ai = a0;
    int ci = c0;
    int i = 0;
    for (; i + ROWS <= rows; i += ROWS, ai += aStrip, ci += ROWS * t.cRow()) {
      for (int r = 0; r < ROWS; r += 4) {
        tail4(t, ai + r * t.aRow(), bi, ci + r * t.cRow(), columns);
      }
    }
    if (i + 4 <= rows) {
      tail4(t, ai, bi, ci, columns);
      i += 4;
      ai += 4 * t.aRow();
      ci += 4 * t.cRow();
    }
    for (; i < rows; i++, ai += t.aRow(), ci += t.cRow()) {
      tail1(t, ai, bi, ci, columns);
    }
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

  private static void tile8x2(DoublePanels t, int ai, int bi, int ci) {
    double[] a = t.a();
    double[] b = t.b();
    double[] c = t.c();
    int aCol = t.aCol();
    int bRow = t.bRow();
    int r1 = t.aRow();
    int r2 = r1 + t.aRow();
    int r3 = r2 + t.aRow();
    int r4 = r3 + t.aRow();
    int r5 = r4 + t.aRow();
    int r6 = r5 + t.aRow();
    int r7 = r6 + t.aRow();
    var c00 = zero();
    var c01 = zero();
    var c10 = zero();
    var c11 = zero();
    var c20 = zero();
    var c21 = zero();
    var c30 = zero();
    var c31 = zero();
    var c40 = zero();
    var c41 = zero();
    var c50 = zero();
    var c51 = zero();
    var c60 = zero();
    var c61 = zero();
    var c70 = zero();
    var c71 = zero();
    if (t.continues()) {
      int at = ci;
      c00 = load(c, at);
      c01 = load(c, at + WIDTH);
      at += t.cRow();
      c10 = load(c, at);
      c11 = load(c, at + WIDTH);
      at += t.cRow();
      c20 = load(c, at);
      c21 = load(c, at + WIDTH);
      at += t.cRow();
      c30 = load(c, at);
      c31 = load(c, at + WIDTH);
      at += t.cRow();
      c40 = load(c, at);
      c41 = load(c, at + WIDTH);
      at += t.cRow();
      c50 = load(c, at);
      c51 = load(c, at + WIDTH);
      at += t.cRow();
      c60 = load(c, at);
      c61 = load(c, at + WIDTH);
      at += t.cRow();
      c70 = load(c, at);
      c71 = load(c, at + WIDTH);
    }
    for (int q = t.k(); q > 0; q--) {
      var b0 = load(b, bi);
      var b1 = load(b, bi + WIDTH);
      var x = all(a[ai]);
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = all(a[ai + r1]);
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = all(a[ai + r2]);
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = all(a[ai + r3]);
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = all(a[ai + r4]);
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = all(a[ai + r5]);
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
      x = all(a[ai + r6]);
      c60 = x.fma(b0, c60);
      c61 = x.fma(b1, c61);
      x = all(a[ai + r7]);
      c70 = x.fma(b0, c70);
      c71 = x.fma(b1, c71);
      ai += aCol;
      bi += bRow;
    }
    int at = ci;
    c00.intoArray(c, at);
    c01.intoArray(c, at + WIDTH);
    at += t.cRow();
    c10.intoArray(c, at);
    c11.intoArray(c, at + WIDTH);
    at += t.cRow();
    c20.intoArray(c, at);
    c21.intoArray(c, at + WIDTH);
    at += t.cRow();
    c30.intoArray(c, at);
    c31.intoArray(c, at + WIDTH);
    at += t.cRow();
    c40.intoArray(c, at);
    c41.intoArray(c, at + WIDTH);
    at += t.cRow();
    c50.intoArray(c, at);
    c51.intoArray(c, at + WIDTH);
    at += t.cRow();
    c60.intoArray(c, at);
    c61.intoArray(c, at + WIDTH);
    at += t.cRow();
    c70.intoArray(c, at);
    c71.intoArray(c, at + WIDTH);
  }

  private static void tile4x2(DoublePanels t, int ai, int bi, int ci) {
    double[] a = t.a();
    double[] b = t.b();
    double[] c = t.c();
    int aCol = t.aCol();
    int bRow = t.bRow();
    int r1 = t.aRow();
    int r2 = r1 + t.aRow();
    int r3 = r2 + t.aRow();
    var c00 = zero();
    var c01 = zero();
    var c10 = zero();
    var c11 = zero();
    var c20 = zero();
    var c21 = zero();
    var c30 = zero();
    var c31 = zero();
    if (t.continues()) {
      int at = ci;
      c00 = load(c, at);
      c01 = load(c, at + WIDTH);
      at += t.cRow();
      c10 = load(c, at);
      c11 = load(c, at + WIDTH);
      at += t.cRow();
      c20 = load(c, at);
      c21 = load(c, at + WIDTH);
      at += t.cRow();
      c30 = load(c, at);
      c31 = load(c, at + WIDTH);
    }
    for (int q = t.k(); q > 0; q--) {
      var b0 = load(b, bi);
      var b1 = load(b, bi + WIDTH);
      var x = all(a[ai]);
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = all(a[ai + r1]);
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = all(a[ai + r2]);
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = all(a[ai + r3]);
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      ai += aCol;
      bi += bRow;
    }
    int at = ci;
    c00.intoArray(c, at);
    c01.intoArray(c, at + WIDTH);
    at += t.cRow();
    c10.intoArray(c, at);
    c11.intoArray(c, at + WIDTH);
    at += t.cRow();
    c20.intoArray(c, at);
    c21.intoArray(c, at + WIDTH);
    at += t.cRow();
    c30.intoArray(c, at);
    c31.intoArray(c, at + WIDTH);
  }

  private static void tile2x2(DoublePanels t, int ai, int bi, int ci) {
    double[] a = t.a();
    double[] b = t.b();
    double[] c = t.c();
    int aCol = t.aCol();
    int bRow = t.bRow();
    int r1 = t.aRow();
    var c00 = zero();
    var c01 = zero();
    var c10 = zero();
    var c11 = zero();
    if (t.continues()) {
      c00 = load(c, ci);
      c01 = load(c, ci + WIDTH);
      c10 = load(c, ci + t.cRow());
      c11 = load(c, ci + t.cRow() + WIDTH);
    }
    for (int q = t.k(); q > 0; q--) {
      var b0 = load(b, bi);
      var b1 = load(b, bi + WIDTH);
      var x = all(a[ai]);
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = all(a[ai + r1]);
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      ai += aCol;
      bi += bRow;
    }
    c00.intoArray(c, ci);
    c01.intoArray(c, ci + WIDTH);
    c10.intoArray(c, ci + t.cRow());
    c11.intoArray(c, ci + t.cRow() + WIDTH);
  }

  private static void tile1x2(DoublePanels t, int ai, int bi, int ci) {
    double[] a = t.a();
    double[] b = t.b();
    double[] c = t.c();
    int aCol = t.aCol();
    int bRow = t.bRow();
    var c00 = zero();
    var c01 = zero();
    if (t.continues()) {
      c00 = load(c, ci);
      c01 = load(c, ci + WIDTH);
    }
    for (int q = t.k(); q > 0; q--) {
      var b0 = load(b, bi);
      var b1 = load(b, bi + WIDTH);
      var x = all(a[ai]);
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      ai += aCol;
      bi += bRow;
    }
    c00.intoArray(c, ci);
    c01.intoArray(c, ci + WIDTH);
  }

  private static void tail4(DoublePanels t, int ai, int bi, int ci, int columns) {
    var mask = SPECIES.indexInRange(0, columns);
    double[] a = t.a();
    double[] b = t.b();
    double[] c = t.c();
    int aCol = t.aCol();
    int bRow = t.bRow();
    int r1 = t.aRow();
    int r2 = r1 + t.aRow();
    int r3 = r2 + t.aRow();
    var c0 = zero();
    var c1 = zero();
    var c2 = zero();
    var c3 = zero();
    if (t.continues()) {
      int at = ci;
      c0 = DoubleVector.fromArray(SPECIES, c, at, mask);
      at += t.cRow();
      c1 = DoubleVector.fromArray(SPECIES, c, at, mask);
      at += t.cRow();
      c2 = DoubleVector.fromArray(SPECIES, c, at, mask);
      at += t.cRow();
      c3 = DoubleVector.fromArray(SPECIES, c, at, mask);
    }
    for (int q = t.k(); q > 0; q--) {
      var y = DoubleVector.fromArray(SPECIES, b, bi, mask);
      c0 = all(a[ai]).fma(y, c0);
      c1 = all(a[ai + r1]).fma(y, c1);
      c2 = all(a[ai + r2]).fma(y, c2);
      c3 = all(a[ai + r3]).fma(y, c3);
      ai += aCol;
      bi += bRow;
    }
    int at = ci;
    c0.intoArray(c, at, mask);
    at += t.cRow();
    c1.intoArray(c, at, mask);
    at += t.cRow();
    c2.intoArray(c, at, mask);
    at += t.cRow();
    c3.intoArray(c, at, mask);
  }

  private static void tail1(DoublePanels t, int ai, int bi, int ci, int columns) {
    var mask = SPECIES.indexInRange(0, columns);
    double[] a = t.a();
    double[] b = t.b();
    double[] c = t.c();
    int aCol = t.aCol();
    int bRow = t.bRow();
    var c0 = zero();
    if (t.continues()) {
      c0 = DoubleVector.fromArray(SPECIES, c, ci, mask);
    }
    for (int q = t.k(); q > 0; q--) {
      var y = DoubleVector.fromArray(SPECIES, b, bi, mask);
      c0 = all(a[ai]).fma(y, c0);
      ai += aCol;
      bi += bRow;
    }
    c0.intoArray(c, ci, mask);
  }
}
