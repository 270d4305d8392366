package nestor.autodiff.cpu;

import java.util.Arrays;
import java.util.function.IntConsumer;
import nestor.autodiff.cpu.MatrixProduct.Kernel;
import nestor.autodiff.cpu.Scratch.Slot;

/// The products of a [PreparedProduct] with their operands, part by part; the static methods run
/// them without this object, on one thread.
///
/// @param parts how many parts there are
record FloatProduct(
    PreparedProduct product,
    Workers workers,
    int parts,
    float[] a,
    int aOff,
    float[] b,
    int bOff,
    float[] c,
    int cOff)
    implements IntConsumer {

  /// Computes all of C, on several threads if that pays.
  static void run(
      PreparedProduct p,
      Workers workers,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff) {
    var s = p.shape();
    int size = s.m() * s.n();
    if (size == 0) {
      return;
    }
    if (s.k() == 0) {
      Arrays.fill(c, cOff, cOff + p.count() * size, 0);
      return;
    }
    if (p.kernel() == Kernel.PACKED) {
      for (int t = 0; t < p.count(); t++) {
        packed(s, workers, a, aOff + p.aOff(t), b, bOff + p.bOff(t), c, cOff + t * size);
      }
      return;
    }
    int parts = p.parts(workers);
    if (parts > 1) {
      workers.run(parts, new FloatProduct(p, workers, parts, a, aOff, b, bOff, c, cOff));
    } else {
      items(p, workers.scratch(), a, aOff, b, bOff, c, cOff, 0, p.count());
    }
  }

  /// Rows `[i0, i1)` of all products, counted through.
  static void rows(
      PreparedProduct p,
      Scratch scratch,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int i0,
      int i1) {
    var s = p.shape();
    int each = p.rowsEach();
    for (int i = i0; i < i1; ) {
      int t = i / each;
      int from = i - t * each;
      int count = Math.min(each - from, i1 - i);
      int ai = aOff + p.aOff(t);
      int bi = bOff + p.bOff(t);
      int ci = cOff + t * s.m() * s.n();
      if (p.exchanged()) {
        bi += from * s.bCol();
        block(p.blockKernel(), s, scratch, a, ai, b, bi, c, ci + from, 1, count);
      } else {
        ai += from * s.aRow();
        block(p.blockKernel(), s, scratch, a, ai, b, bi, c, ci + from * s.n(), count, s.n());
      }
      i += count;
    }
  }

  private static void items(
      PreparedProduct p,
      Scratch scratch,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int from,
      int to) {
    var s = p.shape();
    int size = s.m() * s.n();
    for (int t = from; t < to; t++) {
      int ai = aOff + p.aOff(t);
      int bi = bOff + p.bOff(t);
      block(p.kernel(), s, scratch, a, ai, b, bi, c, cOff + t * size, s.m(), s.n());
    }
  }

  /// Computes part `part`: some of the products, or a block of one.
  @Override
  public void accept(int part) {
    var s = product.shape();
    int count = product.count();
    if (parts <= count) {
      int from = (int) ((long) count * part / parts);
      int to = (int) ((long) count * (part + 1) / parts);
      items(product, workers.scratch(), a, aOff, b, bOff, c, cOff, from, to);
      return;
    }
    int blocks = parts / count;
    int t = part / blocks;
    int ai = aOff + product.aOff(t);
    int bi = bOff + product.bOff(t);
    int ci = cOff + t * s.m() * s.n();
    int from = product.bound(part % blocks, blocks);
    int to = product.bound(part % blocks + 1, blocks);
    var scratch = workers.scratch();
    if (product.cutsRows()) {
      ai += from * s.aRow();
      ci += from * s.n();
      block(product.kernel(), s, scratch, a, ai, b, bi, c, ci, to - from, s.n());
    } else {
      bi += from * s.bCol();
      block(product.kernel(), s, scratch, a, ai, b, bi, c, ci + from, s.m(), to - from);
    }
  }

  /// A block of C by one kernel: `rows × columns` elements from `ci` on, where A begins at `ai` and
  /// B at `bi`. k is not 0.
  static void block(
      Kernel kernel,
      MatrixProduct s,
      Scratch scratch,
      float[] a,
      int ai,
      float[] b,
      int bi,
      float[] c,
      int ci,
      int rows,
      int columns) {
    switch (kernel) {
      case SCALAR -> ScalarFloatMatMul.block(s, a, ai, b, bi, c, ci, rows, columns);
      case SCALAR_ROW -> ScalarFloatMatVec.columns(s, a, ai, b, bi, c, ci, columns);
      case DIRECT -> VectorFloatMatMul.direct(s, scratch, a, ai, b, bi, c, ci, rows, columns);
      case COPIED -> VectorFloatMatMul.copied(s, scratch, a, ai, b, bi, c, ci, rows, columns);
      case PACKED -> {
        float[] right = scratch.floats(Slot.RIGHT, VectorFloatMatMul.packedSize(s.k(), columns));
        VectorFloatMatMul.packRight(s, scratch, b, bi, right, s.k(), 0, columns);
        VectorFloatMatMul.packed(s, scratch, a, ai, right, c, ci, 0, s.k(), rows, columns);
      }
      case DOTS -> VectorFloatDots.dots(s, a, ai, b, bi, c, ci, columns, scratch);
      case AXPYS -> VectorFloatAxpys.axpys(s, a, ai, b, bi, c, ci, columns, scratch);
    }
  }

  /// One product of packed operands. All threads pack a share of B, then each computes rows of C.
  private static void packed(
      MatrixProduct s, Workers workers, float[] a, int ai, float[] b, int bi, float[] c, int ci) {
    int deep = Math.min(s.k(), MatrixProduct.PACKED_K);
    int wide = Math.min(s.n(), MatrixProduct.PACKED_N);
    var scratch = workers.scratch();
    float[] right = scratch.floats(Slot.RIGHT, VectorFloatMatMul.packedSize(deep, wide));
    for (int j = 0; j < s.n(); j += wide) {
      int columns = Math.min(wide, s.n() - j);
      for (int q = 0; q < s.k(); q += deep) {
        int steps = Math.min(deep, s.k() - q);
        int from = bi + q * s.bRow() + j * s.bCol();
        if (workers.threads() == 1) {
          VectorFloatMatMul.packRight(s, scratch, b, from, right, steps, 0, columns);
          VectorFloatMatMul.packed(s, scratch, a, ai, right, c, ci + j, q, steps, s.m(), columns);
        } else {
          int strips = Math.ceilDiv(columns, VectorFloatMatMul.COLUMN_GRAIN);
          int packing = Math.min(strips, 4 * workers.threads());
          workers.run(packing, new Packing(s, workers, b, from, right, steps, columns, packing));
          int parts = Math.min(Math.ceilDiv(s.m(), 32), 8 * workers.threads());
          workers.run(
              parts, new Panels(s, workers, a, ai, right, c, ci + j, q, steps, columns, parts));
        }
      }
    }
  }

  /// Packs strips of columns of B.
  private record Packing(
      MatrixProduct s,
      Workers workers,
      float[] b,
      int bi,
      float[] right,
      int steps,
      int columns,
      int parts)
      implements IntConsumer {
    @Override
    public void accept(int part) {
      int from = MatrixProduct.bound(part, parts, VectorFloatMatMul.COLUMN_GRAIN, columns);
      int to = MatrixProduct.bound(part + 1, parts, VectorFloatMatMul.COLUMN_GRAIN, columns);
      var scratch = workers.scratch();
      VectorFloatMatMul.packRight(
          s, scratch, b, bi + from * s.bCol(), right, steps, from, to - from);
    }
  }

  /// Computes panels of rows of C from what is packed of B.
  private record Panels(
      MatrixProduct s,
      Workers workers,
      float[] a,
      int ai,
      float[] right,
      float[] c,
      int ci,
      int q,
      int steps,
      int columns,
      int parts)
      implements IntConsumer {
    @Override
    public void accept(int part) {
      int i = MatrixProduct.bound(part, parts, VectorFloatMatMul.ROW_GRAIN, s.m());
      int rows = MatrixProduct.bound(part + 1, parts, VectorFloatMatMul.ROW_GRAIN, s.m()) - i;
      VectorFloatMatMul.packed(
          s,
          workers.scratch(),
          a,
          ai + i * s.aRow(),
          right,
          c,
          ci + i * s.n(),
          q,
          steps,
          rows,
          columns);
    }
  }
}
