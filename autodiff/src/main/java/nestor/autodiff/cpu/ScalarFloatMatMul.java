package nestor.autodiff.cpu;

/// Plain-loop kernels of [MatrixProduct]: for small products, and for all products where the Vector
/// API is missing. A tile of 4×4 chains stays in registers, which C2 needs no vectors for; the
/// loops over rows that it could vectorise pay for its missing alias checks.
///
/// These methods spell out their chains one by one so that each is a local variable.
final class ScalarFloatMatMul {
  private ScalarFloatMatMul() {}

  /// A block of C: `rows × columns` elements from `ci` on, where A begins at `ai` and B at `bi`.
  static void block(
      MatrixProduct s,
      float[] a,
      int ai,
      float[] b,
      int bi,
      float[] c,
      int ci,
      int rows,
      int columns) {
    int i = 0;
    for (; i + 4 <= rows; i += 4, ai += 4 * s.aRow(), ci += 4 * s.n()) {
      int j = 0;
      for (; j + 4 <= columns; j += 4) {
        tile(s, a, ai, b, bi + j * s.bCol(), c, ci + j);
      }
      for (; j < columns; j++) {
        column(s, a, ai, b, bi + j * s.bCol(), c, ci + j);
      }
    }
    for (; i < rows; i++, ai += s.aRow(), ci += s.n()) {
      int j = 0;
      for (; j + 8 <= columns; j += 8) {
        wideRow(s, a, ai, b, bi + j * s.bCol(), c, ci + j);
      }
      for (; j + 4 <= columns; j += 4) {
        row(s, a, ai, b, bi + j * s.bCol(), c, ci + j);
      }
      for (; j < columns; j++) {
        element(s, a, ai, b, bi + j * s.bCol(), c, ci + j);
      }
    }
  }

  private static void tile(
      MatrixProduct s, float[] a, int ai, float[] b, int bi, float[] c, int ci) {
    int aCol = s.aCol();
    int bRow = s.bRow();
    int a0 = ai;
    int a1 = a0 + s.aRow();
    int a2 = a1 + s.aRow();
    int a3 = a2 + s.aRow();
    int b0 = bi;
    int b1 = b0 + s.bCol();
    int b2 = b1 + s.bCol();
    int b3 = b2 + s.bCol();
    float c00 = 0, c01 = 0, c02 = 0, c03 = 0;
    float c10 = 0, c11 = 0, c12 = 0, c13 = 0;
    float c20 = 0, c21 = 0, c22 = 0, c23 = 0;
    float c30 = 0, c31 = 0, c32 = 0, c33 = 0;
    for (int q = 0, u = 0, v = 0; q < s.k(); q++, u += aCol, v += bRow) {
      float y0 = b[b0 + v], y1 = b[b1 + v], y2 = b[b2 + v], y3 = b[b3 + v];
      float x = a[a0 + u];
      c00 = Math.fma(x, y0, c00);
      c01 = Math.fma(x, y1, c01);
      c02 = Math.fma(x, y2, c02);
      c03 = Math.fma(x, y3, c03);
      x = a[a1 + u];
      c10 = Math.fma(x, y0, c10);
      c11 = Math.fma(x, y1, c11);
      c12 = Math.fma(x, y2, c12);
      c13 = Math.fma(x, y3, c13);
      x = a[a2 + u];
      c20 = Math.fma(x, y0, c20);
      c21 = Math.fma(x, y1, c21);
      c22 = Math.fma(x, y2, c22);
      c23 = Math.fma(x, y3, c23);
      x = a[a3 + u];
      c30 = Math.fma(x, y0, c30);
      c31 = Math.fma(x, y1, c31);
      c32 = Math.fma(x, y2, c32);
      c33 = Math.fma(x, y3, c33);
    }
    store(c, ci, c00, c01, c02, c03);
    store(c, ci + s.n(), c10, c11, c12, c13);
    store(c, ci + 2 * s.n(), c20, c21, c22, c23);
    store(c, ci + 3 * s.n(), c30, c31, c32, c33);
  }

  private static void store(float[] c, int ci, float c0, float c1, float c2, float c3) {
    c[ci] = c0;
    c[ci + 1] = c1;
    c[ci + 2] = c2;
    c[ci + 3] = c3;
  }

  private static void wideRow(
      MatrixProduct s, float[] a, int ai, float[] b, int bi, float[] c, int ci) {
    int u = ai;
    int v0 = bi;
    int v1 = v0 + s.bCol();
    int v2 = v1 + s.bCol();
    int v3 = v2 + s.bCol();
    int v4 = v3 + s.bCol();
    int v5 = v4 + s.bCol();
    int v6 = v5 + s.bCol();
    int v7 = v6 + s.bCol();
    float c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0;
    for (int q = 0, v = 0; q < s.k(); q++, u += s.aCol(), v += s.bRow()) {
      float x = a[u];
      c0 = Math.fma(x, b[v0 + v], c0);
      c1 = Math.fma(x, b[v1 + v], c1);
      c2 = Math.fma(x, b[v2 + v], c2);
      c3 = Math.fma(x, b[v3 + v], c3);
      c4 = Math.fma(x, b[v4 + v], c4);
      c5 = Math.fma(x, b[v5 + v], c5);
      c6 = Math.fma(x, b[v6 + v], c6);
      c7 = Math.fma(x, b[v7 + v], c7);
    }
    store(c, ci, c0, c1, c2, c3);
    store(c, ci + 4, c4, c5, c6, c7);
  }

  private static void row(
      MatrixProduct s, float[] a, int ai, float[] b, int bi, float[] c, int ci) {
    int u = ai;
    int v0 = bi;
    int v1 = v0 + s.bCol();
    int v2 = v1 + s.bCol();
    int v3 = v2 + s.bCol();
    float c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    for (int q = 0, v = 0; q < s.k(); q++, u += s.aCol(), v += s.bRow()) {
      float x = a[u];
      c0 = Math.fma(x, b[v0 + v], c0);
      c1 = Math.fma(x, b[v1 + v], c1);
      c2 = Math.fma(x, b[v2 + v], c2);
      c3 = Math.fma(x, b[v3 + v], c3);
    }
    store(c, ci, c0, c1, c2, c3);
  }

  private static void column(
      MatrixProduct s, float[] a, int ai, float[] b, int bi, float[] c, int ci) {
    int u0 = ai;
    int u1 = u0 + s.aRow();
    int u2 = u1 + s.aRow();
    int u3 = u2 + s.aRow();
    int v = bi;
    float c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    for (int q = 0, u = 0; q < s.k(); q++, u += s.aCol(), v += s.bRow()) {
      float y = b[v];
      c0 = Math.fma(a[u0 + u], y, c0);
      c1 = Math.fma(a[u1 + u], y, c1);
      c2 = Math.fma(a[u2 + u], y, c2);
      c3 = Math.fma(a[u3 + u], y, c3);
    }
    c[ci] = c0;
    c[ci + s.n()] = c1;
    c[ci + 2 * s.n()] = c2;
    c[ci + 3 * s.n()] = c3;
  }

  private static void element(
      MatrixProduct s, float[] a, int ai, float[] b, int bi, float[] c, int ci) {
    int u = ai;
    int v = bi;
    float acc = 0;
    for (int q = 0; q < s.k(); q++, u += s.aCol(), v += s.bRow()) {
      acc = Math.fma(a[u], b[v], acc);
    }
    c[ci] = acc;
  }
}
