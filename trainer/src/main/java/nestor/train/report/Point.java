package nestor.train.report;

/// A value at a step; one that is not finite is a gap in the line.
record Point(long step, double value) {
  boolean isGap() {
    return !Double.isFinite(value);
  }
}
