package nestor.autodiff.cpu;

import nestor.autodiff.cpu.Scratch.Slot;

/// [MatrixProduct] for `float` by the tiles of [VectorFloatTiles], straight from the operands or
/// from packed copies of their blocks.
final class VectorFloatMatMul {
  /// Rows and columns of C that a share of the work should be a multiple of.
  static final int ROW_GRAIN = VectorFloatTiles.ROWS;

  static final int COLUMN_GRAIN = VectorFloatTiles.COLUMNS;

  /// Steps of k in a packed block: a strip of B then fills most of the first-level cache.
  private static final int BLOCK_K = 256;

  /// Rows of A in a packed block, which then fills part of the second-level cache.
  private static final int BLOCK_M = 256;

  /// Columns of B in a packed block.
  private static final int BLOCK_N = 1024;

  private VectorFloatMatMul() {}

  /// Rows `[i0, i1)` of columns `[j0, j1)` of C, without packing; rows of B must be contiguous.
  static void direct(FloatProduct p, int i0, int i1, int j0, int j1) {
    var s = p.shape();
    var panels =
        new FloatPanels(p.a(), s.aRow(), s.aCol(), p.b(), s.bRow(), p.c(), s.n(), s.k(), false);
    var start =
        new FloatPanels.Start(p.aOff() + i0 * s.aRow(), p.bOff() + j0, p.cOff() + i0 * s.n() + j0);
    if (i1 - i0 == 1) {
      VectorFloatTiles.sweepRow(panels, start, j1 - j0);
    } else {
      VectorFloatTiles.sweep(panels, start, i1 - i0, j1 - j0, ROW_GRAIN * s.aRow(), COLUMN_GRAIN);
    }
  }

  /// As [#direct] for any B, which is first copied to strips of columns.
  static void transposed(FloatProduct p, Scratch scratch, int i0, int i1, int j0, int j1) {
    var s = p.shape();
    int strips = Math.ceilDiv(j1 - j0, COLUMN_GRAIN);
    float[] right = scratch.floats(Slot.RIGHT, strips * COLUMN_GRAIN * s.k());
    packRight(p, right, 0, s.k(), j0, j1 - j0);
    var panels =
        new FloatPanels(p.a(), s.aRow(), s.aCol(), right, COLUMN_GRAIN, p.c(), s.n(), s.k(), false);
    var start = new FloatPanels.Start(p.aOff() + i0 * s.aRow(), 0, p.cOff() + i0 * s.n() + j0);
    VectorFloatTiles.sweep(
        panels, start, i1 - i0, j1 - j0, ROW_GRAIN * s.aRow(), COLUMN_GRAIN * s.k());
  }

  /// As [#direct] for any operands, block by block from packed copies. Later blocks of k continue
  /// the chains that C holds.
  static void packed(FloatProduct p, Scratch scratch, int i0, int i1, int j0, int j1) {
    var s = p.shape();
    float[] left = scratch.floats(Slot.LEFT, BLOCK_M * Math.min(BLOCK_K, s.k()));
    float[] right =
        scratch.floats(
            Slot.RIGHT, Math.min(BLOCK_N, j1 - j0 + COLUMN_GRAIN) * Math.min(BLOCK_K, s.k()));
    for (int j = j0; j < j1; j += BLOCK_N) {
      int columns = Math.min(BLOCK_N, j1 - j);
      for (int q = 0; q < s.k(); q += BLOCK_K) {
        int steps = Math.min(BLOCK_K, s.k() - q);
        var panels =
            new FloatPanels(left, 1, ROW_GRAIN, right, COLUMN_GRAIN, p.c(), s.n(), steps, q > 0);
        packRight(p, right, q, steps, j, columns);
        for (int i = i0; i < i1; i += BLOCK_M) {
          int rows = Math.min(BLOCK_M, i1 - i);
          packLeft(p, left, i, rows, q, steps);
          var start = new FloatPanels.Start(0, 0, p.cOff() + i * s.n() + j);
          VectorFloatTiles.sweep(
              panels, start, rows, columns, ROW_GRAIN * steps, COLUMN_GRAIN * steps);
        }
      }
    }
  }

  /// Strips of [#ROW_GRAIN] rows, each with its columns one after another.
  private static void packLeft(FloatProduct p, float[] left, int i0, int rows, int q0, int steps) {
    var s = p.shape();
    for (int i = 0; i < rows; i += ROW_GRAIN) {
      int from = p.aOff() + (i0 + i) * s.aRow() + q0 * s.aCol();
      var lines = new Lines(from, s.aRow(), s.aCol(), Math.min(ROW_GRAIN, rows - i), steps);
      interleave(p.a(), lines, left, i * steps, ROW_GRAIN);
    }
  }

  /// Strips of [#COLUMN_GRAIN] columns, each with its rows one after another.
  private static void packRight(
      FloatProduct p, float[] right, int q0, int steps, int j0, int columns) {
    var s = p.shape();
    for (int j = 0; j < columns; j += COLUMN_GRAIN) {
      int width = Math.min(COLUMN_GRAIN, columns - j);
      int from = p.bOff() + q0 * s.bRow() + (j0 + j) * s.bCol();
      int to = j * steps;
      if (s.bCol() == 1) {
        for (int q = 0; q < steps; q++, to += COLUMN_GRAIN, from += s.bRow()) {
          System.arraycopy(p.b(), from, right, to, width);
        }
      } else {
        var lines = new Lines(from, s.bCol(), s.bRow(), width, steps);
        interleave(p.b(), lines, right, to, COLUMN_GRAIN);
      }
    }
  }

  /// `count` lines of `steps` elements: element q of line v lies at `from + v·line + q·step`.
  private record Lines(int from, int line, int step, int count, int steps) {}

  /// Copies element q of line v to `to + q·grain + v`. Several lines at a time, so that what is
  /// written together lies together.
  private static void interleave(float[] x, Lines lines, float[] y, int to, int grain) {
    int steps = lines.steps();
    int step = lines.step();
    int v = 0;
    for (; v + 8 <= lines.count(); v += 8) {
      int l0 = lines.from() + v * lines.line();
      int l1 = l0 + lines.line();
      int l2 = l1 + lines.line();
      int l3 = l2 + lines.line();
      int l4 = l3 + lines.line();
      int l5 = l4 + lines.line();
      int l6 = l5 + lines.line();
      int l7 = l6 + lines.line();
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
    for (; v + 2 <= lines.count(); v += 2) {
      int l0 = lines.from() + v * lines.line();
      int l1 = l0 + lines.line();
      for (int q = 0, at = 0, t = to + v; q < steps; q++, at += step, t += grain) {
        y[t] = x[l0 + at];
        y[t + 1] = x[l1 + at];
      }
    }
    if (v < lines.count()) {
      int l0 = lines.from() + v * lines.line();
      for (int q = 0, at = l0, t = to + v; q < steps; q++, at += step, t += grain) {
        y[t] = x[at];
      }
    }
  }
}
