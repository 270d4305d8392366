package nestor.autodiff.cpu;

/// What the tiles of one sweep share: element (i, q) of A lies at `ai + i·aRow + q·aCol`, element
/// (q, j) of B at `bi + q·bRow + j`, element (i, j) of C at `ci + i·cRow + j`. Chains start with +0
/// or continue from what C holds.
///
/// It belongs to a thread's [Scratch] and is set anew for each sweep, so that a product allocates
/// nothing.
final class FloatPanels {
  private static final float[] NONE = {};

  private float[] a = NONE;
  private int aRow;
  private int aCol;
  private float[] b = NONE;
  private int bRow;
  private float[] c = NONE;
  private int cRow;
  private int k;
  private boolean continues;

  FloatPanels left(float[] array, int row, int col) {
    a = array;
    aRow = row;
    aCol = col;
    return this;
  }

  FloatPanels right(float[] array, int row) {
    b = array;
    bRow = row;
    return this;
  }

  /// Steps `[from, from + steps)` of all chains; from 0, they start with +0.
  FloatPanels result(float[] array, int row, int from, int steps) {
    c = array;
    cRow = row;
    k = steps;
    continues = from > 0;
    return this;
  }

  /// Forgets the arrays, which may be large.
  void release() {
    a = NONE;
    b = NONE;
    c = NONE;
  }

  float[] a() {
    return a;
  }

  int aRow() {
    return aRow;
  }

  int aCol() {
    return aCol;
  }

  float[] b() {
    return b;
  }

  int bRow() {
    return bRow;
  }

  float[] c() {
    return c;
  }

  int cRow() {
    return cRow;
  }

  int k() {
    return k;
  }

  boolean continues() {
    return continues;
  }
}
