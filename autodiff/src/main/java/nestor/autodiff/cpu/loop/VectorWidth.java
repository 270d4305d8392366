package nestor.autodiff.cpu.loop;

import jdk.incubator.vector.FloatVector;

/// The width of this machine's vectors; the only class here that loads the Vector API.
final class VectorWidth {
  private static final int WIDEST = 512;

  private VectorWidth() {}

  /// Bits of a vector: as many as sixteen numbers of `float32` at most.
  static int bitSize() {
    return Math.min(WIDEST, FloatVector.SPECIES_PREFERRED.vectorBitSize());
  }
}
