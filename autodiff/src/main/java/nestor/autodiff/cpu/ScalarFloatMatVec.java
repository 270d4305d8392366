package nestor.autodiff.cpu;

import nestor.autodiff.plan.Loop;

/// Products of one row and a matrix for `float`, as [MatrixProduct] defines them, in plain loops.
/// Chains are spelled out one by one so that each is a local variable.
final class ScalarFloatMatVec {
  private static final int LANES = Loop.LANES;

  private ScalarFloatMatVec() {}

  /// The first `columns` elements of the only row of C.
  static void columns(
      MatrixProduct s, float[] x, int xi, float[] b, int bi, float[] c, int ci, int columns) {
    for (int j = 0; j < columns; j++) {
      c[ci + j] = element(s, x, xi, b, bi + j * s.bCol());
    }
  }

  private static float element(MatrixProduct s, float[] x, int xi, float[] b, int bi) {
    int step = s.aCol();
    int row = s.bRow();
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    float s4 = 0, s5 = 0, s6 = 0, s7 = 0;
    float s8 = 0, s9 = 0, s10 = 0, s11 = 0;
    float s12 = 0, s13 = 0, s14 = 0, s15 = 0;
    int q = s.k();
    int u = xi;
    int v = bi;
    for (; q >= LANES; q -= LANES, u += LANES * step, v += LANES * row) {
      s0 = Math.fma(x[u], b[v], s0);
      s1 = Math.fma(x[u + step], b[v + row], s1);
      s2 = Math.fma(x[u + 2 * step], b[v + 2 * row], s2);
      s3 = Math.fma(x[u + 3 * step], b[v + 3 * row], s3);
      s4 = Math.fma(x[u + 4 * step], b[v + 4 * row], s4);
      s5 = Math.fma(x[u + 5 * step], b[v + 5 * row], s5);
      s6 = Math.fma(x[u + 6 * step], b[v + 6 * row], s6);
      s7 = Math.fma(x[u + 7 * step], b[v + 7 * row], s7);
      s8 = Math.fma(x[u + 8 * step], b[v + 8 * row], s8);
      s9 = Math.fma(x[u + 9 * step], b[v + 9 * row], s9);
      s10 = Math.fma(x[u + 10 * step], b[v + 10 * row], s10);
      s11 = Math.fma(x[u + 11 * step], b[v + 11 * row], s11);
      s12 = Math.fma(x[u + 12 * step], b[v + 12 * row], s12);
      s13 = Math.fma(x[u + 13 * step], b[v + 13 * row], s13);
      s14 = Math.fma(x[u + 14 * step], b[v + 14 * row], s14);
      s15 = Math.fma(x[u + 15 * step], b[v + 15 * row], s15);
    }
    if (q > 0) {
      s0 = Math.fma(x[u], b[v], s0);
    }
    if (q > 1) {
      s1 = Math.fma(x[u + step], b[v + row], s1);
    }
    if (q > 2) {
      s2 = Math.fma(x[u + 2 * step], b[v + 2 * row], s2);
    }
    if (q > 3) {
      s3 = Math.fma(x[u + 3 * step], b[v + 3 * row], s3);
    }
    if (q > 4) {
      s4 = Math.fma(x[u + 4 * step], b[v + 4 * row], s4);
    }
    if (q > 5) {
      s5 = Math.fma(x[u + 5 * step], b[v + 5 * row], s5);
    }
    if (q > 6) {
      s6 = Math.fma(x[u + 6 * step], b[v + 6 * row], s6);
    }
    if (q > 7) {
      s7 = Math.fma(x[u + 7 * step], b[v + 7 * row], s7);
    }
    if (q > 8) {
      s8 = Math.fma(x[u + 8 * step], b[v + 8 * row], s8);
    }
    if (q > 9) {
      s9 = Math.fma(x[u + 9 * step], b[v + 9 * row], s9);
    }
    if (q > 10) {
      s10 = Math.fma(x[u + 10 * step], b[v + 10 * row], s10);
    }
    if (q > 11) {
      s11 = Math.fma(x[u + 11 * step], b[v + 11 * row], s11);
    }
    if (q > 12) {
      s12 = Math.fma(x[u + 12 * step], b[v + 12 * row], s12);
    }
    if (q > 13) {
      s13 = Math.fma(x[u + 13 * step], b[v + 13 * row], s13);
    }
    if (q > 14) {
      s14 = Math.fma(x[u + 14 * step], b[v + 14 * row], s14);
    }
    float t0 = s0 + s8 + (s4 + s12);
    float t1 = s1 + s9 + (s5 + s13);
    float t2 = s2 + s10 + (s6 + s14);
    float t3 = s3 + s11 + (s7 + s15);
    return t0 + t2 + (t1 + t3);
  }
}
