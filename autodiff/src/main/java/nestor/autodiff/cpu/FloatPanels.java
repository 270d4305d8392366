package nestor.autodiff.cpu;

/// What the tiles of one sweep share: element (i, q) of A lies at `ai + i·aRow + q·aCol`, element
/// (q, j) of B at `bi + q·bRow + j`, element (i, j) of C at `ci + i·cRow + j`. Chains start with +0
/// or continue from what C holds.
record FloatPanels(
    float[] a,
    int aRow,
    int aCol,
    float[] b,
    int bRow,
    float[] c,
    int cRow,
    int k,
    boolean continues) {

  /// Where a sweep begins in A, B and C.
  record Start(int ai, int bi, int ci) {}
}
