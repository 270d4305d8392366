package nestor.autodiff.cpu;

/// Plain-loop kernels of [MatrixProduct]: for small products, and for all products where the Vector
/// API is missing. A tile of 4×4 chains stays in registers, which C2 needs no vectors for; the
/// loops over rows that it could vectorise pay for its missing alias checks.
///
/// These methods spell out their chains one by one so that each is a local variable.
final class ScalarFloatMatMul {
  private ScalarFloatMatMul() {}

  /// Rows `[i0, i1)` of columns `[j0, j1)` of C.
  static void block(FloatProduct p, int i0, int i1, int j0, int j1) {
    int i = i0;
    for (; i + 4 <= i1; i += 4) {
      int j = j0;
      for (; j + 4 <= j1; j += 4) {
        tile(p, i, j);
      }
      for (; j < j1; j++) {
        column(p, i, j);
      }
    }
    for (; i < i1; i++) {
      int j = j0;
      for (; j + 8 <= j1; j += 8) {
        wideRow(p, i, j);
      }
      for (; j + 4 <= j1; j += 4) {
        row(p, i, j);
      }
      for (; j < j1; j++) {
        element(p, i, j);
      }
    }
  }

  private static void tile(FloatProduct p, int i, int j) {
    var s = p.shape();
    float[] a = p.a();
    float[] b = p.b();
    int aCol = s.aCol();
    int bRow = s.bRow();
    int a0 = p.aOff() + i * s.aRow();
    int a1 = a0 + s.aRow();
    int a2 = a1 + s.aRow();
    int a3 = a2 + s.aRow();
    int b0 = p.bOff() + j * s.bCol();
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
    int at = p.cOff() + i * s.n() + j;
    store(p.c(), at, c00, c01, c02, c03);
    store(p.c(), at + s.n(), c10, c11, c12, c13);
    store(p.c(), at + 2 * s.n(), c20, c21, c22, c23);
    store(p.c(), at + 3 * s.n(), c30, c31, c32, c33);
  }

  private static void store(float[] c, int at, float c0, float c1, float c2, float c3) {
    c[at] = c0;
    c[at + 1] = c1;
    c[at + 2] = c2;
    c[at + 3] = c3;
  }

  private static void wideRow(FloatProduct p, int i, int j) {
    var s = p.shape();
    float[] a = p.a();
    float[] b = p.b();
    int u = p.aOff() + i * s.aRow();
    int v0 = p.bOff() + j * s.bCol();
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
    int at = p.cOff() + i * s.n() + j;
    store(p.c(), at, c0, c1, c2, c3);
    store(p.c(), at + 4, c4, c5, c6, c7);
  }

  private static void row(FloatProduct p, int i, int j) {
    var s = p.shape();
    float[] a = p.a();
    float[] b = p.b();
    int u = p.aOff() + i * s.aRow();
    int v0 = p.bOff() + j * s.bCol();
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
    store(p.c(), p.cOff() + i * s.n() + j, c0, c1, c2, c3);
  }

  private static void column(FloatProduct p, int i, int j) {
    var s = p.shape();
    float[] a = p.a();
    float[] b = p.b();
    int u0 = p.aOff() + i * s.aRow();
    int u1 = u0 + s.aRow();
    int u2 = u1 + s.aRow();
    int u3 = u2 + s.aRow();
    int v = p.bOff() + j * s.bCol();
    float c0 = 0, c1 = 0, c2 = 0, c3 = 0;
    for (int q = 0, u = 0; q < s.k(); q++, u += s.aCol(), v += s.bRow()) {
      float y = b[v];
      c0 = Math.fma(a[u0 + u], y, c0);
      c1 = Math.fma(a[u1 + u], y, c1);
      c2 = Math.fma(a[u2 + u], y, c2);
      c3 = Math.fma(a[u3 + u], y, c3);
    }
    int at = p.cOff() + i * s.n() + j;
    p.c()[at] = c0;
    p.c()[at + s.n()] = c1;
    p.c()[at + 2 * s.n()] = c2;
    p.c()[at + 3 * s.n()] = c3;
  }

  private static void element(FloatProduct p, int i, int j) {
    var s = p.shape();
    int u = p.aOff() + i * s.aRow();
    int v = p.bOff() + j * s.bCol();
    float acc = 0;
    for (int q = 0; q < s.k(); q++, u += s.aCol(), v += s.bRow()) {
      acc = Math.fma(p.a()[u], p.b()[v], acc);
    }
    p.c()[p.cOff() + i * s.n() + j] = acc;
  }
}
