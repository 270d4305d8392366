package nestor.autodiff.cpu;

import nestor.autodiff.cpu.functions.VectorSupport;

/// The product `C[m,n] = A[m,k] · B[k,n]`. An element of A lies at `aOff + i·aRow + p·aCol`, one of
/// B at `bOff + p·bRow + j·bCol` (a transposed operand is one with its strides swapped, a repeated
/// one has stride 0); C is row-major, overwritten, and shares no memory with A or B.
///
/// If C has several rows and several columns, every element is one chain of fused multiply-adds in
/// the element's own type:
///
///     acc = +0;  for p = 0 … k−1:  acc = fma(a(i,p), b(p,j), acc)
///
/// If C has one row or one column, a single chain per element would leave vectors idle. There, every
/// element is the sum of sixteen such chains: lane l takes p = l, l + 16, l + 32, … (+0 if there are
/// none); then lanes l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1.
///
/// Every kernel, whatever its tile, vector width, packing or number of threads, computes just this.
/// Results are therefore equal to the bit (payloads of NaN aside).
record MatrixProduct(int m, int n, int k, int aRow, int aCol, int bRow, int bCol) {
  /// Floating-point operations from which a second thread pays: some four microseconds of one
  /// thread in `float32`. A helper that spins takes over in 0.2 µs, one that is parked costs its
  /// caller 3 µs.
  static final long PARALLEL_FLOP = 1L << 19;

  /// How many operations one of a row counts for, since it waits for memory.
  static final int ROW_WEIGHT = 4;

  /// Floating-point operations that a part should have at least.
  static final long PART_FLOP = 1L << 17;

  /// Parts per thread: a thread that comes late, or is taken away, then costs little.
  static final int PARTS = 4;

  /// Steps of k and columns of B that are packed at a time, up to 8 MB in float64.
  static final int PACKED_K = 1024;

  static final int PACKED_N = 1024;

  /// Multiply-adds up to which plain loops serve. Vectors win from fewer on, but only after the
  /// first thousands of calls, which are very slow: this keeps tiny tests fast.
  private static final long SCALAR_WORK = 100;

  /// Multiply-adds from which packing both operands pays.
  private static final long PACKED_WORK = 320L * 320 * 320;

  /// One product.
  void multiply(Workers workers, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
    single().run(workers, a, aOff, b, bOff, c, cOff);
  }

  /// One product.
  void multiply(Workers workers, double[] a, int aOff, double[] b, int bOff, double[] c, int cOff) {
    single().run(workers, a, aOff, b, bOff, c, cOff);
  }

  private PreparedProduct single() {
    return PreparedProduct.of(this, new int[1], new int[1]);
  }

  /// `aOffs.length` products: number t reads A at `aOffs[t]` and B at `bOffs[t]`, and writes C at
  /// `cOff + t·m·n`.
  void multiplyBatch(
      Workers workers, float[] a, int[] aOffs, float[] b, int[] bOffs, float[] c, int cOff) {
    PreparedProduct.of(this, aOffs, bOffs).run(workers, a, 0, b, 0, c, cOff);
  }

  /// `aOffs.length` products: number t reads A at `aOffs[t]` and B at `bOffs[t]`, and writes C at
  /// `cOff + t·m·n`.
  void multiplyBatch(
      Workers workers, double[] a, int[] aOffs, double[] b, int[] bOffs, double[] c, int cOff) {
    PreparedProduct.of(this, aOffs, bOffs).run(workers, a, 0, b, 0, c, cOff);
  }

  /// Ways to compute a product; all give the same bits.
  enum Kernel {
    /// Plain loops.
    SCALAR,
    /// One row of C: plain loops.
    SCALAR_ROW,
    /// Vector tiles straight from the operands; rows of B are contiguous.
    DIRECT,
    /// As `DIRECT`, after a copy of B.
    COPIED,
    /// Vector tiles from packed blocks of both operands.
    PACKED,
    /// One row of C: vectors along k; x and the columns of B are contiguous.
    DOTS,
    /// One row of C: vectors along n; the rows of B are contiguous.
    AXPYS
  }

  /// The kernel that measured fastest at about this size. The first thousands of calls of the
  /// Vector API are very slow, so the smallest products do without it.
  Kernel kernel() {
    long work = (long) m * n * k;
    boolean vectors = VectorSupport.AVAILABLE && work >= SCALAR_WORK;
    if (m == 1) {
      return vectors && VectorFloatDots.AVAILABLE && VectorDoubleDots.AVAILABLE
          ? rowKernel()
          : Kernel.SCALAR_ROW;
    }
    if (!vectors) {
      return Kernel.SCALAR;
    }
    if (work >= PACKED_WORK && m >= 32 && n >= 64) {
      return Kernel.PACKED;
    }
    if (bCol == 1) {
      return Kernel.DIRECT;
    }
    return Kernel.COPIED;
  }

  /// The kernel of plain loops.
  Kernel scalarKernel() {
    return m == 1 ? Kernel.SCALAR_ROW : Kernel.SCALAR;
  }

  private Kernel rowKernel() {
    if (bRow == 1 && aCol == 1 && (bCol != 1 || n == 1)) {
      return Kernel.DOTS;
    }
    return bCol == 1 ? Kernel.AXPYS : Kernel.SCALAR_ROW;
  }

  /// Whether the products of a batch are one product with more rows: B is the same and the A follow
  /// one another. Rows alone are no such product, which is defined otherwise.
  boolean stacks(int[] aOffs, int[] bOffs) {
    if (m == 1 && n > 1) {
      return false;
    }
    for (int t = 1; t < aOffs.length; t++) {
      if (bOffs[t] != bOffs[0] || aOffs[t] != aOffs[0] + t * m * aRow) {
        return false;
      }
    }
    return true;
  }

  /// Floating-point operations of one product.
  long flop() {
    return 2L * m * n * k;
  }

  /// `Cᵀ = Bᵀ · Aᵀ`; the same array C if m or n is 1.
  MatrixProduct transposed() {
    return new MatrixProduct(n, m, k, bCol, bRow, aCol, aRow);
  }

  /// The same product with another number of rows.
  MatrixProduct withRows(int rows) {
    return new MatrixProduct(rows, n, k, aRow, aCol, bRow, bCol);
  }

  /// Where share `part` of `parts` of `[0, end)` begins: a multiple of `grain`, or the end.
  static int bound(int part, int parts, int grain, int end) {
    long units = Math.ceilDiv(end, grain);
    return (int) Math.min(end, units * part / parts * grain);
  }
}
