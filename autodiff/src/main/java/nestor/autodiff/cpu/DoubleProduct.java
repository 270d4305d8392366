package nestor.autodiff.cpu;

import java.util.Arrays;

/// A [MatrixProduct] with its operands, and the choice of a kernel for it.
record DoubleProduct(
    MatrixProduct shape, double[] a, int aOff, double[] b, int bOff, double[] c, int cOff) {

  /// Computes C, on several threads if that pays.
  void run(Workers workers) {
    if (shape.m() == 0 || shape.n() == 0) {
      return;
    }
    if (shape.k() == 0) {
      Arrays.fill(c, cOff, cOff + shape.m() * shape.n(), 0);
      return;
    }
    if (shape.n() == 1 && shape.m() > 1) {
      new DoubleProduct(shape.transposed(), b, bOff, a, aOff, c, cOff).run(workers);
      return;
    }
    var kernel = shape.kernel();
    if (shape.flop() < MatrixProduct.PARALLEL_FLOP || workers.threads() == 1) {
      block(kernel, workers, 0, shape.m(), 0, shape.n());
    } else {
      parallel(kernel, workers);
    }
  }

  private void parallel(MatrixProduct.Kernel kernel, Workers workers) {
    int rowGrain = kernel == MatrixProduct.Kernel.SCALAR ? 4 : VectorDoubleMatMul.ROW_GRAIN;
    int columnGrain = kernel == MatrixProduct.Kernel.SCALAR ? 4 : VectorDoubleMatMul.COLUMN_GRAIN;
    shape.cut(
        workers, rowGrain, columnGrain, (i0, i1, j0, j1) -> block(kernel, workers, i0, i1, j0, j1));
  }

  /// Rows `[i0, i1)` of columns `[j0, j1)` of C by one kernel.
  void block(MatrixProduct.Kernel kernel, Workers workers, int i0, int i1, int j0, int j1) {
    if (i0 == i1) {
      return;
    }
    switch (kernel) {
      case SCALAR -> {
        if (shape.m() == 1) {
          ScalarDoubleMatVec.columns(shape, a, aOff, b, bOff, c, cOff, j0, j1);
        } else {
          ScalarDoubleMatMul.block(this, i0, i1, j0, j1);
        }
      }
      case DIRECT -> VectorDoubleMatMul.direct(this, i0, i1, j0, j1);
      case TRANSPOSED -> VectorDoubleMatMul.transposed(this, workers.scratch(), i0, i1, j0, j1);
      case PACKED -> VectorDoubleMatMul.packed(this, workers.scratch(), i0, i1, j0, j1);
      case DOTS ->
          VectorDoubleMatVec.dots(
              shape, a, aOff, b, bOff, c, cOff, j0, j1, workers.scratch());
      case AXPYS ->
          VectorDoubleMatVec.axpys(
              shape, a, aOff, b, bOff, c, cOff, j0, j1, workers.scratch());
    }
  }

  /// Computes one C for each pair of offsets.
  void runBatch(Workers workers, int[] aOffs, int[] bOffs) {
    int count = aOffs.length;
    if (count > 1 && shape.stacks(aOffs, bOffs)) {
      var stacked = shape.withRows(count * shape.m());
      new DoubleProduct(stacked, a, aOffs[0], b, bOffs[0], c, cOff).run(workers);
      return;
    }
    int parts = MatrixProduct.parts(workers, count * shape.flop());
    if (parts < 2 || count < parts) {
      for (int t = 0; t < count; t++) {
        item(t, aOffs, bOffs).run(workers);
      }
      return;
    }
    workers.run(
        parts,
        part -> {
          int end = (int) ((long) count * (part + 1) / parts);
          for (int t = (int) ((long) count * part / parts); t < end; t++) {
            item(t, aOffs, bOffs).run(workers); // finds the workers busy, so it runs on this thread
          }
        });
  }

  private DoubleProduct item(int t, int[] aOffs, int[] bOffs) {
    return new DoubleProduct(shape, a, aOffs[t], b, bOffs[t], c, cOff + t * shape.m() * shape.n());
  }
}
