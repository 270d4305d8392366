package nestor.autodiff.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import nestor.autodiff.cpu.Scratch.Slot;

/// [Substitution] for `double`: vectors along the columns of z, four rows at a time in registers.
/// Each element is the same chain of fused multiply-adds as in the scalar loops.
///
/// Element (i, k) of L lies at `l0 + i·lRow + k·lColumn`, row i of z at `z0 + i·zRow`, both counted
/// in the order in which rows are solved.
final class VectorDoubleSubstitution {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int WIDTH = SPECIES.length();

  private VectorDoubleSubstitution() {}

  /// Solves one system of n rows and p columns.
  static void solve(
      double[] l,
      int l0,
      int lRow,
      int lColumn,
      double[] z,
      int z0,
      int zRow,
      int n,
      int p,
      Scratch scratch) {
    int j = 0;
    for (; j + WIDTH <= p; j += WIDTH) {
      strip(l, l0, lRow, lColumn, z, z0 + j, zRow, n);
    }
    if (j < p) {
      double[] edge = scratch.doubles(Slot.EDGE, n * WIDTH);
      for (int i = 0; i < n; i++) {
        System.arraycopy(z, z0 + i * zRow + j, edge, i * WIDTH, p - j);
      }
      strip(l, l0, lRow, lColumn, edge, 0, WIDTH, n);
      for (int i = 0; i < n; i++) {
        System.arraycopy(edge, i * WIDTH, z, z0 + i * zRow + j, p - j);
      }
    }
  }

  private static void strip(
      double[] l, int l0, int lRow, int lColumn, double[] z, int z0, int zRow, int n) {
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      int a0 = l0 + i * lRow;
      int a1 = a0 + lRow;
      int a2 = a1 + lRow;
      int a3 = a2 + lRow;
      int at = z0 + i * zRow;
      var s0 = load(z, at);
      var s1 = load(z, at + zRow);
      var s2 = load(z, at + 2 * zRow);
      var s3 = load(z, at + 3 * zRow);
      int c = 0;
      for (int k = 0; k < i; k++, c += lColumn) {
        var row = load(z, z0 + k * zRow);
        s0 = minus(l[a0 + c], row, s0);
        s1 = minus(l[a1 + c], row, s1);
        s2 = minus(l[a2 + c], row, s2);
        s3 = minus(l[a3 + c], row, s3);
      }
      s1 = minus(l[a1 + c], s0, s1);
      s2 = minus(l[a2 + c], s0, s2);
      s3 = minus(l[a3 + c], s0, s3);
      c += lColumn;
      s2 = minus(l[a2 + c], s1, s2);
      s3 = minus(l[a3 + c], s1, s3);
      c += lColumn;
      s3 = minus(l[a3 + c], s2, s3);
      s0.intoArray(z, at);
      s1.intoArray(z, at + zRow);
      s2.intoArray(z, at + 2 * zRow);
      s3.intoArray(z, at + 3 * zRow);
    }
    for (; i < n; i++) {
      int a = l0 + i * lRow;
      int at = z0 + i * zRow;
      var s = load(z, at);
      for (int k = 0; k < i; k++) {
        s = minus(l[a + k * lColumn], load(z, z0 + k * zRow), s);
      }
      s.intoArray(z, at);
    }
  }

  private static DoubleVector load(double[] z, int at) {
    return DoubleVector.fromArray(SPECIES, z, at);
  }

  /// The sum less a multiple of a row.
  private static DoubleVector minus(double factor, DoubleVector row, DoubleVector sum) {
    return DoubleVector.broadcast(SPECIES, -factor).fma(row, sum);
  }
}
