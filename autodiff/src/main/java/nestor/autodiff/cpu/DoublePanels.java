package nestor.autodiff.cpu;

/// What the tiles of one sweep share: element (i, q) of A lies at `ai + i·aRow + q·aCol`, element
/// (q, j) of B at `bi + q·bRow + j`, element (i, j) of C at `ci + i·cRow + j`. Chains start with +0
/// or continue from what C holds.
///
/// It belongs to a thread's [Scratch] and is set anew for each sweep, so that a product allocates
/// nothing.
final class DoublePanels {
  private static final double[] NONE = {};

  private double[] a = NONE;
  private int aRow;
  private int aCol;
  private double[] b = NONE;
  private int bRow;
  private double[] c = NONE;
  private int cRow;
  private int k;
  private boolean continues;

  DoublePanels left(double[] array, int row, int col) {
    a = array;
    aRow = row;
    aCol = col;
    return this;
  }

  DoublePanels right(double[] array, int row) {
    b = array;
    bRow = row;
    return this;
  }

  /// Steps `[from, from + steps)` of all chains; from 0, they start with +0.
  DoublePanels result(double[] array, int row, int from, int steps) {
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

  double[] a() {
    return a;
  }

  int aRow() {
    return aRow;
  }

  int aCol() {
    return aCol;
  }

  double[] b() {
    return b;
  }

  int bRow() {
    return bRow;
  }

  double[] c() {
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
