package nestor.autodiff.cpu;

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
  /// Chains per element of a product with one row or one column.
  static final int LANES = 16;

  /// Floating-point operations from which a second thread pays, on a machine that is not quiet.
  static final long PARALLEL_FLOP = 1L << 22;

  /// Multiply-adds up to which plain loops serve. Vectors win from fewer on, but only after the
  /// first thousands of calls, which are very slow: this keeps tiny tests fast.
  private static final long SCALAR_WORK = 100;

  /// Multiply-adds from which packing both operands pays.
  private static final long PACKED_WORK = 320L * 320 * 320;

  /// Elements of B up to which it is copied as a whole.
  private static final long COPIED_ELEMENTS = 1L << 18;

  /// One product.
  void multiply(Workers workers, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
    new FloatProduct(this, a, aOff, b, bOff, c, cOff).run(workers);
  }

  /// One product.
  void multiply(Workers workers, double[] a, int aOff, double[] b, int bOff, double[] c, int cOff) {
    new DoubleProduct(this, a, aOff, b, bOff, c, cOff).run(workers);
  }

  /// `aOffs.length` products: number t reads A at `aOffs[t]` and B at `bOffs[t]`, and writes C at
  /// `cOff + t·m·n`.
  void multiplyBatch(
      Workers workers, float[] a, int[] aOffs, float[] b, int[] bOffs, float[] c, int cOff) {
    new FloatProduct(this, a, 0, b, 0, c, cOff).runBatch(workers, aOffs, bOffs);
  }

  /// `aOffs.length` products: number t reads A at `aOffs[t]` and B at `bOffs[t]`, and writes C at
  /// `cOff + t·m·n`.
  void multiplyBatch(
      Workers workers, double[] a, int[] aOffs, double[] b, int[] bOffs, double[] c, int cOff) {
    new DoubleProduct(this, a, 0, b, 0, c, cOff).runBatch(workers, aOffs, bOffs);
  }

  /// Ways to compute a product; all give the same bits.
  enum Kernel {
    /// Plain loops.
    SCALAR,
    /// Vector tiles straight from the operands; rows of B are contiguous.
    DIRECT,
    /// As `DIRECT`, after a copy of B.
    TRANSPOSED,
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
    if (!VectorSupport.AVAILABLE || work < SCALAR_WORK) {
      return Kernel.SCALAR;
    }
    if (m == 1) {
      return row();
    }
    boolean packs = work >= PACKED_WORK && m >= 32 && n >= 64;
    if (bCol == 1) {
      return packs ? Kernel.PACKED : Kernel.DIRECT;
    }
    if (m < 4) {
      return Kernel.SCALAR;
    }
    return packs || (long) n * k > COPIED_ELEMENTS ? Kernel.PACKED : Kernel.TRANSPOSED;
  }

  private Kernel row() {
    if (!VectorFloatMatVec.AVAILABLE || !VectorDoubleMatVec.AVAILABLE) {
      return Kernel.SCALAR;
    }
    if (bRow == 1 && aCol == 1 && (bCol != 1 || n == 1)) {
      return Kernel.DOTS;
    }
    return bCol == 1 ? Kernel.AXPYS : Kernel.SCALAR;
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

  /// How many threads `flop` operations are worth.
  static int parts(Workers workers, long flop) {
    return (int) Math.min(workers.threads(), 2 * flop / PARALLEL_FLOP);
  }

  /// A kernel that computes rows `[i0, i1)` of columns `[j0, j1)` of C.
  @FunctionalInterface
  interface BlockKernel {
    void block(int i0, int i1, int j0, int j1);
  }

  /// Runs `kernel` over all of C, cut into about as many blocks as threads pay for. Blocks are
  /// whole multiples of `rowGrain` and `colGrain` but for the last of a row or column.
  void cut(Workers workers, int rowGrain, int colGrain, BlockKernel kernel) {
    int parts = parts(workers, flop());
    if (parts < 2) {
      kernel.block(0, m, 0, n);
      return;
    }
    int rowUnits = Math.ceilDiv(m, rowGrain);
    int colUnits = Math.ceilDiv(n, colGrain);
    int rows;
    int cols;
    if (m >= n) {
      rows = Math.min(parts, rowUnits);
      cols = Math.min(parts / rows, colUnits);
    } else {
      cols = Math.min(parts, colUnits);
      rows = Math.min(parts / cols, rowUnits);
    }
    int across = cols;
    int down = rows;
    workers.run(
        down * across,
        part -> {
          int r = part / across;
          int s = part % across;
          kernel.block(
              bound(r, down, rowUnits, rowGrain, m),
              bound(r + 1, down, rowUnits, rowGrain, m),
              bound(s, across, colUnits, colGrain, n),
              bound(s + 1, across, colUnits, colGrain, n));
        });
  }

  private static int bound(int part, int parts, int units, int grain, int end) {
    return (int) Math.min(end, (long) units * part / parts * grain);
  }
}
