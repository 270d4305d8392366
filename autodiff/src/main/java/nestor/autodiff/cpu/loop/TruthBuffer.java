package nestor.autodiff.cpu.loop;

/// Truth values at the end of a row, which are fewer than a vector has lanes.
final class TruthBuffer {
  private TruthBuffer() {}

  /// Copies so many truth values, or none, to the beginning of a buffer.
  static void read(boolean[] from, int at, int count, boolean[] buffer) {
    for (int i = 0; i < count; i++) {
      buffer[i] = from[at + i];
    }
  }

  /// Copies so many truth values, or none, from the beginning of a buffer.
  static void write(boolean[] to, int at, int count, boolean[] buffer) {
    for (int i = 0; i < count; i++) {
      to[at + i] = buffer[i];
    }
  }
}
