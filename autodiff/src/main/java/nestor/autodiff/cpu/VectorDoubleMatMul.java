package nestor.autodiff.cpu;

import nestor.autodiff.cpu.Scratch.Slot;

/// [MatrixProduct] for `double` by the tiles of [VectorDoubleTiles], straight from the operands or
/// from packed copies of their blocks. Each computes `rows × columns` elements of C from `ci` on,
/// where A begins at `ai` and B at `bi`.
final class VectorDoubleMatMul {
  /// Rows and columns of C that a share of the work should be a multiple of.
  static final int ROW_GRAIN = VectorDoubleTiles.ROWS;

  static final int COLUMN_GRAIN = VectorDoubleTiles.COLUMNS;

  /// Steps of k between two looks at C.
  private static final int BLOCK_K = 512;

  /// Rows of A in a packed block, which then fills part of the second-level cache.
  private static final int BLOCK_M = 128;

  private VectorDoubleMatMul() {}

  /// Without packing; rows of B must be contiguous.
  static void direct(
      MatrixProduct s,
      Scratch scratch,
      double[] a,
      int ai,
      double[] b,
      int bi,
      double[] c,
      int ci,
      int rows,
      int columns) {
    var panels =
        scratch
            .doublePanels()
            .left(a, s.aRow(), s.aCol())
            .right(b, s.bRow())
            .result(c, s.n(), 0, s.k());
    VectorDoubleTiles.sweep(panels, ai, bi, ci, rows, columns, ROW_GRAIN * s.aRow(), COLUMN_GRAIN);
    panels.release();
  }

  /// As [#direct] for any B, which is first copied to strips of columns.
  static void copied(
      MatrixProduct s,
      Scratch scratch,
      double[] a,
      int ai,
      double[] b,
      int bi,
      double[] c,
      int ci,
      int rows,
      int columns) {
    double[] right = scratch.doubles(Slot.RIGHT, packedSize(s.k(), columns));
    packRight(s, scratch, b, bi, right, s.k(), 0, columns);
    var panels =
        scratch
            .doublePanels()
            .left(a, s.aRow(), s.aCol())
            .right(right, COLUMN_GRAIN)
            .result(c, s.n(), 0, s.k());
    VectorDoubleTiles.sweep(
        panels, ai, 0, ci, rows, columns, ROW_GRAIN * s.aRow(), COLUMN_GRAIN * s.k());
    panels.release();
  }

  /// Steps `[q0, q0 + steps)` of k for any A, from strips of B that are packed as [#packRight]
  /// does.
  static void packed(
      MatrixProduct s,
      Scratch scratch,
      double[] a,
      int ai,
      double[] right,
      double[] c,
      int ci,
      int q0,
      int steps,
      int rows,
      int columns) {
    int high = Math.min(BLOCK_M, Math.ceilDiv(rows, ROW_GRAIN) * ROW_GRAIN);
    double[] left = scratch.doubles(Slot.LEFT, high * Math.min(BLOCK_K, steps));
    var panels = scratch.doublePanels().right(right, COLUMN_GRAIN).left(left, 1, ROW_GRAIN);
    for (int i = 0; i < rows; i += BLOCK_M) {
      int block = Math.min(BLOCK_M, rows - i);
      for (int q = 0; q < steps; q += BLOCK_K) {
        int deep = Math.min(BLOCK_K, steps - q);
        packLeft(s, a, ai + i * s.aRow() + (q0 + q) * s.aCol(), left, block, deep);
        panels.result(c, s.n(), q0 + q, deep);
        VectorDoubleTiles.sweep(
            panels,
            0,
            q * COLUMN_GRAIN,
            ci + i * s.n(),
            block,
            columns,
            ROW_GRAIN * deep,
            COLUMN_GRAIN * steps);
      }
    }
    panels.release();
  }

  /// Elements that [#packRight] writes.
  static int packedSize(int steps, int columns) {
    return Math.ceilDiv(columns, COLUMN_GRAIN) * COLUMN_GRAIN * steps;
  }

  /// Strips of [#ROW_GRAIN] rows, each with its columns one after another.
  private static void packLeft(
      MatrixProduct s, double[] a, int ai, double[] left, int rows, int steps) {
    for (int i = 0; i < rows; i += ROW_GRAIN) {
      int from = ai + i * s.aRow();
      int height = Math.min(ROW_GRAIN, rows - i);
      interleave(a, from, s.aRow(), s.aCol(), height, steps, left, i * steps, ROW_GRAIN);
    }
  }

  /// Strips of [#COLUMN_GRAIN] columns, each with its rows one after another, from column `j0` of
  /// `right` on.
  static void packRight(
      MatrixProduct s,
      Scratch scratch,
      double[] b,
      int bi,
      double[] right,
      int steps,
      int j0,
      int columns) {
    for (int j = 0; j < columns; j += COLUMN_GRAIN) {
      int width = Math.min(COLUMN_GRAIN, columns - j);
      int from = bi + j * s.bCol();
      int to = (j0 + j) * steps;
      if (s.bCol() == 1) {
        for (int q = 0; q < steps; q++, to += COLUMN_GRAIN, from += s.bRow()) {
          System.arraycopy(b, from, right, to, width);
        }
      } else if (s.bRow() == 1 && VectorDoubleTranspose.AVAILABLE) {
        transposeLines(b, from, s.bCol(), width, steps, right, to, scratch);
      } else {
        interleave(b, from, s.bCol(), s.bRow(), width, steps, right, to, COLUMN_GRAIN);
      }
    }
  }

  /// As [#interleave] into a strip of columns, from contiguous lines.
  private static void transposeLines(
      double[] x, int from, int line, int count, int steps, double[] y, int to, Scratch scratch) {
    double[] edge = scratch.doubles(Slot.EDGE, VectorDoubleTranspose.SCRATCH);
    int width = VectorDoubleTranspose.WIDTH;
    int whole = steps / width * width;
    int v = 0;
    for (; v + width <= count; v += width) {
      int start = from + v * line;
      for (int q = 0; q < whole; q += width) {
        int at = to + q * COLUMN_GRAIN + v;
        VectorDoubleTranspose.block(x, start + q, line, y, at, COLUMN_GRAIN, edge);
      }
      int at = to + whole * COLUMN_GRAIN + v;
      interleave(x, start + whole, line, 1, width, steps - whole, y, at, COLUMN_GRAIN);
    }
    interleave(x, from + v * line, line, 1, count - v, steps, y, to + v, COLUMN_GRAIN);
  }

  /// Copies element q of line v of `count`, which lies at `from + v·line + q·step`, to `to +
  /// q·grain + v`. Several lines at a time, so that what is written together lies together.
  private static void interleave(
      double[] x,
      int from,
      int line,
      int step,
      int count,
      int steps,
      double[] y,
      int to,
      int grain) {
    int v = 0;
    for (; v + 8 <= count; v += 8) {
      int l0 = from + v * line;
      int l1 = l0 + line;
      int l2 = l1 + line;
      int l3 = l2 + line;
      int l4 = l3 + line;
      int l5 = l4 + line;
      int l6 = l5 + line;
      int l7 = l6 + line;
      for (int q = 0, at = 0, t = to + v; q < steps; q++, at += step, t += grain) {
        y[t] = x[l0 + at];
        y[t + 1] = x[l1 + at];
        y[t + 2] = x[l2 + at];
        y[t + 3] = x[l3 + at];
        y[t + 4] = x[l4 + at];
        y[t + 5] = x[l5 + at];
        y[t + 6] = x[l6 + at];
        y[t + 7] = x[l7 + at];
      }
    }
    for (; v + 2 <= count; v += 2) {
      int l0 = from + v * line;
      int l1 = l0 + line;
      for (int q = 0, at = 0, t = to + v; q < steps; q++, at += step, t += grain) {
        y[t] = x[l0 + at];
        y[t + 1] = x[l1 + at];
      }
    }
    if (v < count) {
      int l0 = from + v * line;
      for (int q = 0, at = l0, t = to + v; q < steps; q++, at += step, t += grain) {
        y[t] = x[at];
      }
    }
  }
}
