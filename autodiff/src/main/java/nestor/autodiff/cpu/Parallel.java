package nestor.autodiff.cpu;

/// Splits loops over elements among threads where that pays. Every element is computed by itself,
/// so the split moves no bit.
final class Parallel {
  /// Elements from which a second thread pays for a kernel of the cheapest kind.
  private static final int FROM = 1 << 16;

  /// Elements at which ranges are cut, so that threads do not share cache lines.
  private static final int GRAIN = 1 << 10;

  private Parallel() {}

  /// The elements `[from, to)`.
  @FunctionalInterface
  interface Range {
    void run(int from, int to);
  }

  static void overElements(Workers workers, int size, Range body) {
    int parts = size < FROM ? 1 : workers.threads();
    if (parts == 1) {
      body.run(0, size);
      return;
    }
    int blocks = (size + GRAIN - 1) / GRAIN;
    workers.run(
        parts,
        part -> {
          int from = (int) ((long) blocks * part / parts) * GRAIN;
          int to = (int) Math.min(size, (long) blocks * (part + 1) / parts * GRAIN);
          body.run(from, to);
        });
  }
}
