package nestor.train.conformance;

import java.util.Locale;
import nestor.autodiff.Tensor;

/// How far a tensor or a row of figures is from its reference.
///
/// @param name what was compared
/// @param error max|ours − reference| / max(1, max|reference|); infinite where they cannot be
///   compared
/// @param note why they cannot be compared, else empty
public record Deviation(String name, double error, String note) {
  /// The distance of a tensor from its reference; another shape is infinitely far.
  public static Deviation between(String name, Tensor ours, Tensor reference) {
    if (!ours.shape().equals(reference.shape())) {
      return incomparable(
          name, "has the shape %s instead of %s".formatted(ours.shape(), reference.shape()));
    }
    return between(name, ours.toDoubles(), reference.toDoubles());
  }

  /// The distance of figures from their reference; a NaN among either is infinitely far.
  public static Deviation between(String name, double[] ours, double[] reference) {
    if (ours.length != reference.length) {
      return incomparable(
          name, "has %d numbers instead of %d".formatted(ours.length, reference.length));
    }
    double scale = 1;
    double largest = 0;
    for (int i = 0; i < ours.length; i++) {
      if (Double.isNaN(ours[i]) || Double.isNaN(reference[i])) {
        String whose = Double.isNaN(ours[i]) ? "is" : "should by the reference be";
        return incomparable(name, "%s NaN at element %d".formatted(whose, i));
      }
      if (ours[i] == reference[i] && Double.isInfinite(ours[i])) {
        continue;
      }
      if (Double.isInfinite(ours[i]) || Double.isInfinite(reference[i])) {
        return incomparable(
            name, "is %s instead of %s at element %d".formatted(ours[i], reference[i], i));
      }
      scale = Math.max(scale, Math.abs(reference[i]));
      largest = Math.max(largest, Math.abs(ours[i] - reference[i]));
    }
    return new Deviation(name, largest / scale, "");
  }

  /// Something that cannot be compared at all.
  public static Deviation incomparable(String name, String why) {
    return new Deviation(name, Double.POSITIVE_INFINITY, why);
  }

  /// Whether the error is within a tolerance.
  public boolean within(double tolerance) {
    return error <= tolerance;
  }

  /// The finding in words.
  String against(double tolerance) {
    return note.isEmpty()
        ? String.format(Locale.ROOT, "%s is off by %.2e, tolerance %.1e", name, error, tolerance)
        : name + " " + note;
  }
}
