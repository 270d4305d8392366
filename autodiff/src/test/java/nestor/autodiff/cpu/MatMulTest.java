package nestor.autodiff.cpu;

import static nestor.autodiff.cpu.NaiveProducts.assertSameBits;
import static nestor.autodiff.cpu.NaiveProducts.doubles;
import static nestor.autodiff.cpu.NaiveProducts.floats;
import static nestor.autodiff.cpu.NaiveProducts.naive;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.cpu.MatrixProduct.Kernel;
import nestor.autodiff.cpu.functions.VectorSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Every kernel against the chains of fused multiply-adds that define a product, bit for bit.
class MatMulTest {
  private static final Workers ONE = Workers.of(1);
  private static final Workers TWO = Workers.of(2);

  /// m, n, k: empty, one, below and above every tile (8, 16, 32, 64), primes.
  private static final int[][] SIZES = {
    {0, 3, 2},
    {3, 0, 2},
    {3, 2, 0},
    {1, 1, 1},
    {1, 1, 7},
    {1, 7, 1},
    {7, 1, 1},
    {1, 32, 32},
    {2, 3, 5},
    {1, 131, 5},
    {1, 64, 33},
    {131, 1, 17},
    {3, 17, 31},
    {4, 4, 4},
    {5, 37, 13},
    {8, 16, 3},
    {8, 32, 32},
    {9, 33, 11},
    {12, 40, 6},
    {13, 67, 29},
    {16, 48, 16},
    {17, 15, 19},
    {23, 65, 2},
    {31, 31, 31},
    {1, 1, 16},
    {1, 1, 100},
    {1, 3, 40},
    {1, 15, 16},
    {1, 16, 15},
    {1, 16, 48},
    {1, 40, 40},
    {1, 33, 64},
    {48, 1, 32}
  };

  /// Beyond one packed block of k, of rows and of columns, and parallel.
  private static final int[][] LARGE_SIZES = {
    {129, 129, 129},
    {257, 67, 259},
    {17, 71, 520},
    {3, 1060, 19},
    {1, 1500, 300},
    {1, 900, 1201},
    {1029, 2, 257}
  };

  @AfterAll
  static void closeWorkers() {
    ONE.close();
    TWO.close();
  }

  /// Row-major or transposed, with gaps between rows if padded.
  private enum Layout {
    ROWS,
    COLUMNS,
    PADDED_ROWS,
    PADDED_COLUMNS;

    int row(int cols) {
      return switch (this) {
        case ROWS -> cols;
        case PADDED_ROWS -> cols + 3;
        case COLUMNS, PADDED_COLUMNS -> 1;
      };
    }

    int col(int rows) {
      return switch (this) {
        case ROWS, PADDED_ROWS -> 1;
        case COLUMNS -> rows;
        case PADDED_COLUMNS -> rows + 5;
      };
    }
  }

  private static MatrixProduct product(int m, int n, int k, Layout a, Layout b) {
    return new MatrixProduct(m, n, k, a.row(k), a.col(m), b.row(n), b.col(k));
  }

  @Test
  void kernelsEqualTheNaiveLoop() {
    for (int[] size : SIZES) {
      for (Layout a : Layout.values()) {
        for (Layout b : Layout.values()) {
          checkFloat(product(size[0], size[1], size[2], a, b), 3);
          checkDouble(product(size[0], size[1], size[2], a, b), 3);
        }
      }
    }
  }

  @Test
  void kernelsEqualTheNaiveLoopBeyondOneBlock() {
    for (int[] size : LARGE_SIZES) {
      for (Layout a : List.of(Layout.ROWS, Layout.COLUMNS)) {
        for (Layout b : List.of(Layout.ROWS, Layout.COLUMNS)) {
          checkFloat(product(size[0], size[1], size[2], a, b), 0);
          checkDouble(product(size[0], size[1], size[2], a, b), 0);
        }
      }
    }
  }

  @Test
  void batchesEqualTheirProducts() {
    int[][] sizes = {{2, 3, 5}, {1, 32, 32}, {17, 19, 23}, {64, 80, 66}, {3, 4, 0}, {0, 4, 3}};
    for (int[] size : sizes) {
      int m = size[0];
      int n = size[1];
      int k = size[2];
      for (Layout layout : List.of(Layout.ROWS, Layout.COLUMNS)) {
        var s = product(m, n, k, Layout.ROWS, layout);
        int[] each = {0, 1, 2, 3, 4, 5, 6};
        int[] same = {0, 0, 0, 0, 0, 0, 0};
        int[] mixed = {3, 3, 0, 6, 6, 1, 0};
        for (int[] left : List.of(each, same, mixed)) {
          for (int[] right : List.of(each, same, mixed)) {
            checkBatch(s, times(left, m * k), times(right, k * n));
          }
        }
      }
    }
  }

  @Test
  void rowsOfABatchEqualTheWhole() {
    int[][] sizes = {{5, 7, 9}, {1, 40, 40}, {40, 1, 40}, {13, 33, 3}};
    for (int[] size : sizes) {
      int m = size[0];
      int n = size[1];
      int k = size[2];
      for (Layout layout : List.of(Layout.ROWS, Layout.COLUMNS)) {
        var s = product(m, n, k, Layout.ROWS, layout);
        int[] aOffs = {0, 2 * m * k, m * k};
        int[] bOffs = {k * n, 0, 0};
        float[] a = floats(1 + 3 * m * k);
        float[] b = floats(2 + 2 * k * n);
        double[] wideA = doubles(a.length);
        double[] wideB = doubles(b.length);
        var p = PreparedProduct.of(s, aOffs, bOffs);
        float[] whole = new float[3 + 3 * m * n];
        double[] wideWhole = new double[whole.length];
        p.run(TWO, a, 1, b, 2, whole, 3);
        p.run(TWO, wideA, 1, wideB, 2, wideWhole, 3);
        float[] c = new float[whole.length];
        double[] wideC = new double[whole.length];
        int step = Math.max(1, 3 * m / 5);
        for (int i = 0; i < 3 * m; i += step) {
          int end = Math.min(3 * m, i + step);
          p.rows(ONE.scratch(), a, 1, b, 2, c, 3, i, end);
          p.rows(ONE.scratch(), wideA, 1, wideB, 2, wideC, 3, i, end);
        }
        assertSameBits(whole, 0, c, 0, c.length, s);
        assertSameBits(wideWhole, 0, wideC, 0, c.length, s);
        for (int t = 0; t < 3; t++) {
          float[] expected = naive(s, a, 1 + aOffs[t], b, 2 + bOffs[t]);
          assertSameBits(expected, 0, whole, 3 + t * m * n, m * n, s);
        }
      }
    }
  }

  /// More than is packed at a time, of k and of columns.
  @Test
  void rowsOfALargeProductEqualTheWhole() {
    var s = product(33, 1060, 1030, Layout.ROWS, Layout.COLUMNS);
    float[] a = floats(33 * 1030);
    float[] b = floats(1060 * 1030);
    float[] expected = naive(s, a, 0, b, 0);
    var p = PreparedProduct.of(s, new int[1], new int[1]);
    if (VectorSupport.AVAILABLE) {
      assertEquals(Kernel.PACKED, p.kernel());
    }
    float[] c = new float[expected.length];
    p.run(TWO, a, 0, b, 0, c, 0);
    assertSameBits(expected, 0, c, 0, c.length, s);
    c = new float[expected.length];
    p.rows(ONE.scratch(), a, 0, b, 0, c, 0, 0, 20);
    p.rows(ONE.scratch(), a, 0, b, 0, c, 0, 20, 33);
    assertSameBits(expected, 0, c, 0, c.length, s);
  }

  @Test
  void anEmptyBatchWritesNothing() {
    var s = new MatrixProduct(2, 2, 2, 2, 1, 2, 1);
    float[] c = {7};
    s.multiplyBatch(TWO, new float[4], new int[0], new float[4], new int[0], c, 0);
    assertArrayEquals(new float[] {7}, c);
  }

  @Test
  void repeatedRowsHaveStrideZero() {
    checkFloat(new MatrixProduct(40, 50, 30, 0, 1, 50, 1), 1);
    checkFloat(new MatrixProduct(40, 50, 30, 30, 1, 0, 1), 1);
    checkFloat(new MatrixProduct(40, 50, 30, 30, 1, 1, 0), 1);
  }

  /// Products that round to −0, and infinities in what a masked or repeated load may touch.
  @Test
  void rowsKeepTheirNeighboursOut() {
    for (int k = 1; k <= 50; k++) {
      for (int n : new int[] {1, 3, 17, 40}) {
        for (Layout layout : List.of(Layout.PADDED_ROWS, Layout.PADDED_COLUMNS)) {
          var s = product(1, n, k, Layout.ROWS, layout);
          float[] a = floats(k);
          float[] b = floats(extent(k, s.bRow(), n, s.bCol()) + 40);
          Arrays.fill(a, 0, k, -Float.MIN_VALUE);
          Arrays.fill(b, Float.POSITIVE_INFINITY);
          for (int p = 0; p < k; p++) {
            for (int j = 0; j < n; j++) {
              b[p * s.bRow() + j * s.bCol()] = 0.25f * (j % 3 + 1);
            }
          }
          float[] expected = naive(s, a, 0, b, 0);
          for (Kernel kernel : kernels(s)) {
            float[] c = new float[n];
            block(kernel, s, a, 0, b, 0, c, 0, new int[] {0, 1, 0, n});
            assertSameBits(expected, 0, c, 0, n, kernel);
          }
        }
      }
    }
  }

  @Test
  void infinitiesAndNansStayInTheirRowsAndColumns() {
    int m = 19;
    int n = 37;
    int k = 40;
    var s = new MatrixProduct(m, n, k, k, 1, n, 1);
    float[] a = floats(m * k);
    float[] b = floats(k * n);
    a[18 * k + 3] = Float.POSITIVE_INFINITY;
    b[5 * n + 36] = Float.NaN;
    float[] expected = naive(s, a, 0, b, 0);
    float[] c = new float[m * n];
    s.multiply(ONE, a, 0, b, 0, c, 0);
    assertSameBits(expected, 0, c, 0, m * n, s);
  }

  private static int[] times(int[] factors, int step) {
    int[] out = new int[factors.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = factors[i] * step;
    }
    return out;
  }

  /// The kernels that are defined for a product; none sees an empty chain.
  private static List<Kernel> kernels(MatrixProduct s) {
    var kernels = new ArrayList<Kernel>();
    if (s.k() == 0) {
      return kernels;
    }
    kernels.add(s.m() == 1 ? Kernel.SCALAR_ROW : Kernel.SCALAR);
    if (VectorSupport.AVAILABLE && s.m() == 1) {
      if (s.aCol() == 1 && s.bRow() == 1) {
        kernels.add(Kernel.DOTS);
      }
      if (s.bCol() == 1) {
        kernels.add(Kernel.AXPYS);
      }
    } else if (VectorSupport.AVAILABLE) {
      kernels.add(Kernel.COPIED);
      kernels.add(Kernel.PACKED);
      if (s.bCol() == 1) {
        kernels.add(Kernel.DIRECT);
      }
    }
    return kernels;
  }

  private static int extent(int rows, int row, int cols, int col) {
    return rows == 0 || cols == 0 ? 0 : (rows - 1) * row + (cols - 1) * col + 1;
  }

  private static void block(
      Kernel kernel,
      MatrixProduct s,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int[] block) {
    int i = block[0];
    int j = block[2];
    int ai = aOff + i * s.aRow();
    int bi = bOff + j * s.bCol();
    int ci = cOff + i * s.n() + j;
    if (block[1] > i && block[3] > j) {
      FloatProduct.block(kernel, s, ONE.scratch(), a, ai, b, bi, c, ci, block[1] - i, block[3] - j);
    }
  }

  private static void checkFloat(MatrixProduct s, int off) {
    float[] a = floats(extent(s.m(), s.aRow(), s.k(), s.aCol()) + off);
    float[] b = floats(extent(s.k(), s.bRow(), s.n(), s.bCol()) + 2 * off);
    float[] expected = naive(s, a, off, b, 2 * off);
    int size = s.m() * s.n();
    for (var workers : List.of(ONE, TWO)) {
      float[] c = floats(size + 2 * off);
      float[] before = c.clone();
      s.multiply(workers, a, off, b, 2 * off, c, off);
      assertSameBits(expected, 0, c, off, size, s);
      assertSameBits(before, 0, c, 0, off, s);
      assertSameBits(before, off + size, c, off + size, off, s);
    }
    var row = s.n() == 1 && s.m() > 1;
    var r = row ? s.transposed() : s;
    for (Kernel kernel : kernels(r)) {
      float[] c = floats(size + 2 * off);
      int i = r.m() / 3;
      int j = r.n() / 3;
      for (int[] block :
          new int[][] {{0, i, 0, j}, {0, i, j, r.n()}, {i, r.m(), 0, j}, {i, r.m(), j, r.n()}}) {
        block(
            kernel,
            r,
            row ? b : a,
            row ? 2 * off : off,
            row ? a : b,
            row ? off : 2 * off,
            c,
            off,
            block);
      }
      assertSameBits(expected, 0, c, off, size, kernel);
    }
  }

  private static void block(
      Kernel kernel,
      MatrixProduct s,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      double[] c,
      int cOff,
      int[] block) {
    int i = block[0];
    int j = block[2];
    int ai = aOff + i * s.aRow();
    int bi = bOff + j * s.bCol();
    int ci = cOff + i * s.n() + j;
    if (block[1] > i && block[3] > j) {
      DoubleProduct.block(
          kernel, s, ONE.scratch(), a, ai, b, bi, c, ci, block[1] - i, block[3] - j);
    }
  }

  private static void checkDouble(MatrixProduct s, int off) {
    double[] a = doubles(extent(s.m(), s.aRow(), s.k(), s.aCol()) + off);
    double[] b = doubles(extent(s.k(), s.bRow(), s.n(), s.bCol()) + 2 * off);
    double[] expected = naive(s, a, off, b, 2 * off);
    int size = s.m() * s.n();
    for (var workers : List.of(ONE, TWO)) {
      double[] c = doubles(size + 2 * off);
      double[] before = c.clone();
      s.multiply(workers, a, off, b, 2 * off, c, off);
      assertSameBits(expected, 0, c, off, size, s);
      assertSameBits(before, 0, c, 0, off, s);
      assertSameBits(before, off + size, c, off + size, off, s);
    }
    var row = s.n() == 1 && s.m() > 1;
    var r = row ? s.transposed() : s;
    for (Kernel kernel : kernels(r)) {
      double[] c = doubles(size + 2 * off);
      int i = r.m() / 3;
      int j = r.n() / 3;
      for (int[] block :
          new int[][] {{0, i, 0, j}, {0, i, j, r.n()}, {i, r.m(), 0, j}, {i, r.m(), j, r.n()}}) {
        block(
            kernel,
            r,
            row ? b : a,
            row ? 2 * off : off,
            row ? a : b,
            row ? off : 2 * off,
            c,
            off,
            block);
      }
      assertSameBits(expected, 0, c, off, size, kernel);
    }
  }

  private static void checkBatch(MatrixProduct s, int[] aOffs, int[] bOffs) {
    int size = s.m() * s.n();
    float[] a = floats(7 * s.m() * s.k());
    float[] b = floats(7 * s.k() * s.n());
    double[] wideA = doubles(a.length);
    double[] wideB = doubles(b.length);
    for (var workers : List.of(ONE, TWO)) {
      float[] c = floats(1 + aOffs.length * size);
      double[] wideC = doubles(c.length);
      s.multiplyBatch(workers, a, aOffs, b, bOffs, c, 1);
      s.multiplyBatch(workers, wideA, aOffs, wideB, bOffs, wideC, 1);
      for (int t = 0; t < aOffs.length; t++) {
        assertSameBits(naive(s, a, aOffs[t], b, bOffs[t]), 0, c, 1 + t * size, size, s);
        assertSameBits(naive(s, wideA, aOffs[t], wideB, bOffs[t]), 0, wideC, 1 + t * size, size, s);
      }
    }
  }

  @Test
  void theChoiceOfKernelCoversAll() {
    if (!VectorSupport.AVAILABLE) {
      assertEquals(Kernel.SCALAR, new MatrixProduct(512, 512, 512, 512, 1, 512, 1).kernel());
      return;
    }
    assertEquals(Kernel.SCALAR_ROW, new MatrixProduct(1, 4, 16, 16, 1, 4, 1).kernel());
    assertEquals(Kernel.AXPYS, new MatrixProduct(1, 64, 32, 32, 1, 64, 1).kernel());
    assertEquals(Kernel.DOTS, new MatrixProduct(1, 64, 32, 32, 1, 1, 32).kernel());
    assertEquals(Kernel.DIRECT, new MatrixProduct(64, 64, 64, 64, 1, 64, 1).kernel());
    assertEquals(Kernel.COPIED, new MatrixProduct(64, 64, 64, 64, 1, 1, 64).kernel());
    assertEquals(Kernel.PACKED, new MatrixProduct(512, 512, 512, 512, 1, 512, 1).kernel());
  }
}
