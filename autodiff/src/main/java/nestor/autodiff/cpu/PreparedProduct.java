package nestor.autodiff.cpu;

/// Products of one shape with their places in the operands, made ready to run many times: number t
/// reads A at `aOffs[t]` and B at `bOffs[t]` beyond where a run says the operands begin, and writes
/// C at t·m·n beyond. Runs on one thread allocate nothing.
final class PreparedProduct {
  private final MatrixProduct shape;
  private final int[] aOffs;
  private final int[] bOffs;
  private final MatrixProduct.Kernel kernel;
  private final boolean exchanged;
  private final PreparedProduct cold;

  private PreparedProduct(
      MatrixProduct shape,
      int[] aOffs,
      int[] bOffs,
      boolean exchanged,
      MatrixProduct.Kernel kernel) {
    this.shape = shape;
    this.aOffs = aOffs;
    this.bOffs = bOffs;
    this.exchanged = exchanged;
    this.kernel = kernel;
    this.cold =
        kernel == shape.scalarKernel()
            ? this
            : new PreparedProduct(shape, aOffs, bOffs, exchanged, shape.scalarKernel());
  }

  private static PreparedProduct of(
      MatrixProduct shape, int[] aOffs, int[] bOffs, boolean exchanged) {
    return new PreparedProduct(shape, aOffs, bOffs, exchanged, shape.kernel());
  }

  /// The same products by plain loops.
  PreparedProduct cold() {
    return cold;
  }

  /// The same products by the kernels that are the fastest ones now.
  private PreparedProduct now(ProductWarmth warmth) {
    return cold == this || warmth.pays(shape.flop() * aOffs.length) ? this : cold;
  }

  /// The offsets are not copied.
  static PreparedProduct of(MatrixProduct shape, int[] aOffs, int[] bOffs) {
    if (shape.n() == 1 && shape.m() > 1) {
      return of(shape.transposed(), bOffs, aOffs, true);
    }
    if (aOffs.length > 1 && shape.stacks(aOffs, bOffs)) {
      var stacked = shape.withRows(aOffs.length * shape.m());
      return of(stacked, new int[] {aOffs[0]}, new int[] {bOffs[0]}, false);
    }
    return of(shape, aOffs, bOffs, false);
  }

  /// Computes all products, on several threads if that pays.
  void run(Workers workers, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
    if (exchanged) {
      FloatProduct.run(now(workers.floatProducts()), workers, b, bOff, a, aOff, c, cOff);
    } else {
      FloatProduct.run(now(workers.floatProducts()), workers, a, aOff, b, bOff, c, cOff);
    }
  }

  /// Computes all products, on several threads if that pays.
  void run(Workers workers, double[] a, int aOff, double[] b, int bOff, double[] c, int cOff) {
    if (exchanged) {
      DoubleProduct.run(now(workers.doubleProducts()), workers, b, bOff, a, aOff, c, cOff);
    } else {
      DoubleProduct.run(now(workers.doubleProducts()), workers, a, aOff, b, bOff, c, cOff);
    }
  }

  /// Computes rows `[i0, i1)` on this thread, the rows of all products counted through: row i of
  /// product t is number t·m + i. `scratch` is the thread's own.
  void rows(
      Scratch scratch,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int i0,
      int i1) {
    if (exchanged) {
      FloatProduct.rows(this, scratch, b, bOff, a, aOff, c, cOff, i0, i1);
    } else {
      FloatProduct.rows(this, scratch, a, aOff, b, bOff, c, cOff, i0, i1);
    }
  }

  /// Computes rows `[i0, i1)` on this thread, the rows of all products counted through: row i of
  /// product t is number t·m + i. `scratch` is the thread's own.
  void rows(
      Scratch scratch,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      double[] c,
      int cOff,
      int i0,
      int i1) {
    if (exchanged) {
      DoubleProduct.rows(this, scratch, b, bOff, a, aOff, c, cOff, i0, i1);
    } else {
      DoubleProduct.rows(this, scratch, a, aOff, b, bOff, c, cOff, i0, i1);
    }
  }

  /// The product of a row where the products have one column.
  MatrixProduct shape() {
    return shape;
  }

  /// Whether [#shape] is the transposed one, with A and B exchanged.
  boolean exchanged() {
    return exchanged;
  }

  MatrixProduct.Kernel kernel() {
    return kernel;
  }

  /// The kernel for some rows of C, with nothing packed that the next rows would pack again.
  MatrixProduct.Kernel blockKernel() {
    if (kernel != MatrixProduct.Kernel.PACKED) {
      return kernel;
    }
    return shape.bCol() == 1 ? MatrixProduct.Kernel.DIRECT : MatrixProduct.Kernel.COPIED;
  }

  int count() {
    return aOffs.length;
  }

  int aOff(int t) {
    return aOffs[t];
  }

  int bOff(int t) {
    return bOffs[t];
  }

  /// Rows of a product as a caller of [#rows] counts them.
  int rowsEach() {
    return exchanged ? shape.n() : shape.m();
  }

  /// In how many parts to run: no more than there are products, or a multiple of their number.
  int parts(Workers workers) {
    long weight = shape.m() == 1 ? MatrixProduct.ROW_WEIGHT : 1;
    long flop = count() * shape.flop() * weight;
    if (workers.threads() == 1 || flop < MatrixProduct.PARALLEL_FLOP) {
      return 1;
    }
    int wanted =
        (int)
            Math.min(
                flop / MatrixProduct.PART_FLOP, (long) MatrixProduct.PARTS * workers.threads());
    if (wanted <= count()) {
      return wanted;
    }
    int units = Math.ceilDiv(cutsRows() ? shape.m() : shape.n(), grain());
    return count() * Math.min(units, Math.ceilDiv(wanted, count()));
  }

  /// Whether a product is cut into rows rather than columns. A copy of B must not be made twice.
  boolean cutsRows() {
    return switch (kernel) {
      case SCALAR, DIRECT -> shape.m() >= shape.n();
      case PACKED -> true;
      case COPIED, SCALAR_ROW, DOTS, AXPYS -> false;
    };
  }

  /// Where block `block` of `blocks` of a product begins, in rows or columns.
  int bound(int block, int blocks) {
    return MatrixProduct.bound(block, blocks, grain(), cutsRows() ? shape.m() : shape.n());
  }

  private int grain() {
    return switch (kernel) {
      case SCALAR, SCALAR_ROW -> 8;
      case DIRECT, COPIED, PACKED ->
          cutsRows() ? VectorFloatMatMul.ROW_GRAIN : VectorFloatMatMul.COLUMN_GRAIN;
      case DOTS, AXPYS -> VectorFloatDots.COLUMN_GRAIN;
    };
  }
}
