package nestor.autodiff.cpu;

import nestor.autodiff.MatMul.Side;
import nestor.autodiff.SolveLowerUnit;
import nestor.autodiff.cpu.functions.VectorSupport;

/// Unit triangular systems, solved row by row: each row of z is y's row minus multiples of the rows
/// solved before, in the order in which they were solved.
///
/// A row is summed in working memory, eight multiples at a time, so that the JIT sees loops that
/// write another array than they read, and vectorises them. Larger systems are solved with vectors
/// by [VectorFloatSubstitution] and its like, to the same bits.
///
/// @param n rows and columns of a system
/// @param p columns of right-hand sides
/// @param side whether the lower triangle is read as it is or transposed
record Substitution(int n, int p, Side side) {
  private static final int DEEP = 8;

  /// Multiply-adds from which a second thread pays.
  private static final long PARALLEL = 1 << 18;

  /// n² p from which vectors pay.
  private static final long VECTOR_FROM = 1 << 10;

  static Substitution of(SolveLowerUnit op, int n, int p) {
    return new Substitution(n, p, op.side());
  }

  /// Solves systems that lie behind one another, z holding the right-hand sides.
  void run(Workers workers, int systems, float[] l, float[] z) {
    int parts = parts(workers, systems);
    workers.run(
        parts,
        part -> {
          int to = from(part + 1, parts, systems);
          if (isVector()) {
            var scratch = workers.scratch();
            for (int i = from(part, parts, systems); i < to; i++) {
              int l0 = i * n * n + first() * (n + 1);
              int z0 = (i * n + first()) * p;
              VectorFloatSubstitution.solve(
                  l, l0, lRow(), lColumn(), z, z0, way() * p, n, p, scratch);
            }
            return;
          }
          float[] sum = new float[p];
          for (int i = from(part, parts, systems); i < to; i++) {
            solve(l, i * n * n, z, i * n * p, sum);
          }
        });
  }

  /// Solves systems that lie behind one another, z holding the right-hand sides.
  void run(Workers workers, int systems, double[] l, double[] z) {
    int parts = parts(workers, systems);
    workers.run(
        parts,
        part -> {
          int to = from(part + 1, parts, systems);
          if (isVector()) {
            var scratch = workers.scratch();
            for (int i = from(part, parts, systems); i < to; i++) {
              int l0 = i * n * n + first() * (n + 1);
              int z0 = (i * n + first()) * p;
              VectorDoubleSubstitution.solve(
                  l, l0, lRow(), lColumn(), z, z0, way() * p, n, p, scratch);
            }
            return;
          }
          double[] sum = new double[p];
          for (int i = from(part, parts, systems); i < to; i++) {
            solve(l, i * n * n, z, i * n * p, sum);
          }
        });
  }

  private boolean isVector() {
    return VectorSupport.AVAILABLE && (long) n * n * p >= VECTOR_FROM;
  }

  /// The row that is solved first.
  private int first() {
    return side == Side.PLAIN ? 0 : n - 1;
  }

  /// From a row to the one solved next.
  private int way() {
    return side == Side.PLAIN ? 1 : -1;
  }

  private int lRow() {
    return side == Side.PLAIN ? n : -1;
  }

  private int lColumn() {
    return side == Side.PLAIN ? 1 : -n;
  }

  private int parts(Workers workers, int systems) {
    return (long) systems * n * n * p / 2 < PARALLEL ? 1 : Math.min(systems, workers.threads());
  }

  private static int from(int part, int parts, int systems) {
    return (int) ((long) systems * part / parts);
  }

  private void solve(float[] l, int l0, float[] z, int z0, float[] sum) {
    boolean plain = side == Side.PLAIN;
    int first = plain ? 0 : n - 1;
    int way = plain ? 1 : -1;
    int next = plain ? 1 : -n; // from a factor to that of the row solved next
    for (int step = 1; step < n; step++) {
      int row = first + way * step;
      int at = l0 + (plain ? row * n : (n - 1) * n + row);
      int from = z0 + first * p;
      int to = z0 + row * p;
      System.arraycopy(z, to, sum, 0, p);
      int k = 0;
      for (; k + DEEP <= step; k += DEEP, at += DEEP * next, from += DEEP * way * p) {
        eight(l, at, next, z, from, way * p, sum);
      }
      for (; k < step; k++, at += next, from += way * p) {
        one(-l[at], z, from, sum);
      }
      System.arraycopy(sum, 0, z, to, p);
    }
  }

  private void eight(float[] l, int at, int next, float[] z, int from, int row, float[] sum) {
    float f0 = -l[at];
    float f1 = -l[at + next];
    float f2 = -l[at + 2 * next];
    float f3 = -l[at + 3 * next];
    float f4 = -l[at + 4 * next];
    float f5 = -l[at + 5 * next];
    float f6 = -l[at + 6 * next];
    float f7 = -l[at + 7 * next];
    int r1 = from + row;
    int r2 = r1 + row;
    int r3 = r2 + row;
    int r4 = r3 + row;
    int r5 = r4 + row;
    int r6 = r5 + row;
    int r7 = r6 + row;
    for (int j = 0; j < p; j++) {
      float s = Math.fma(f0, z[from + j], sum[j]);
      s = Math.fma(f1, z[r1 + j], s);
      s = Math.fma(f2, z[r2 + j], s);
      s = Math.fma(f3, z[r3 + j], s);
      s = Math.fma(f4, z[r4 + j], s);
      s = Math.fma(f5, z[r5 + j], s);
      s = Math.fma(f6, z[r6 + j], s);
      sum[j] = Math.fma(f7, z[r7 + j], s);
    }
  }

  private void one(float factor, float[] z, int from, float[] sum) {
    for (int j = 0; j < p; j++) {
      sum[j] = Math.fma(factor, z[from + j], sum[j]);
    }
  }

  private void solve(double[] l, int l0, double[] z, int z0, double[] sum) {
    boolean plain = side == Side.PLAIN;
    int first = plain ? 0 : n - 1;
    int way = plain ? 1 : -1;
    int next = plain ? 1 : -n; // from a factor to that of the row solved next
    for (int step = 1; step < n; step++) {
      int row = first + way * step;
      int at = l0 + (plain ? row * n : (n - 1) * n + row);
      int from = z0 + first * p;
      int to = z0 + row * p;
      System.arraycopy(z, to, sum, 0, p);
      int k = 0;
      for (; k + DEEP <= step; k += DEEP, at += DEEP * next, from += DEEP * way * p) {
        eight(l, at, next, z, from, way * p, sum);
      }
      for (; k < step; k++, at += next, from += way * p) {
        one(-l[at], z, from, sum);
      }
      System.arraycopy(sum, 0, z, to, p);
    }
  }

  private void eight(double[] l, int at, int next, double[] z, int from, int row, double[] sum) {
    double f0 = -l[at];
    double f1 = -l[at + next];
    double f2 = -l[at + 2 * next];
    double f3 = -l[at + 3 * next];
    double f4 = -l[at + 4 * next];
    double f5 = -l[at + 5 * next];
    double f6 = -l[at + 6 * next];
    double f7 = -l[at + 7 * next];
    int r1 = from + row;
    int r2 = r1 + row;
    int r3 = r2 + row;
    int r4 = r3 + row;
    int r5 = r4 + row;
    int r6 = r5 + row;
    int r7 = r6 + row;
    for (int j = 0; j < p; j++) {
      double s = Math.fma(f0, z[from + j], sum[j]);
      s = Math.fma(f1, z[r1 + j], s);
      s = Math.fma(f2, z[r2 + j], s);
      s = Math.fma(f3, z[r3 + j], s);
      s = Math.fma(f4, z[r4 + j], s);
      s = Math.fma(f5, z[r5 + j], s);
      s = Math.fma(f6, z[r6 + j], s);
      sum[j] = Math.fma(f7, z[r7 + j], s);
    }
  }

  private void one(double factor, double[] z, int from, double[] sum) {
    for (int j = 0; j < p; j++) {
      sum[j] = Math.fma(factor, z[from + j], sum[j]);
    }
  }
}
