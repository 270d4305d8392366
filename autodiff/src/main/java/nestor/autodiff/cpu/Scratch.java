package nestor.autodiff.cpu;

/// Working memory of one thread, kept between kernels. It grows to the largest size asked for:
/// about 9 MB with the largest panels of a matrix product.
@SuppressWarnings("EnumOrdinal") // a slot is an index, and a map would cost a kernel more
final class Scratch {
  /// Places that one kernel may hold at the same time.
  enum Slot {
    LEFT,
    RIGHT,
    EDGE
  }

  private final float[][] floats = new float[Slot.values().length][0];
  private final double[][] doubles = new double[Slot.values().length][0];

  private final FloatPanels floatPanels = new FloatPanels();
  private final DoublePanels doublePanels = new DoublePanels();

  FloatPanels floatPanels() {
    return floatPanels;
  }

  DoublePanels doublePanels() {
    return doublePanels;
  }

  /// An array of at least `length` elements with unspecified content.
  float[] floats(Slot slot, int length) {
    float[] held = floats[slot.ordinal()];
    if (held.length < length) {
      held = new float[length];
      floats[slot.ordinal()] = held;
    }
    return held;
  }

  /// An array of at least `length` elements with unspecified content.
  double[] doubles(Slot slot, int length) {
    double[] held = doubles[slot.ordinal()];
    if (held.length < length) {
      held = new double[length];
      doubles[slot.ordinal()] = held;
    }
    return held;
  }
}
