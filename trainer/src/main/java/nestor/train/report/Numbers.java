package nestor.train.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/// Numbers as a report shows and draws them.
final class Numbers {
  private static final double LARGE = 1e6;
  private static final double SMALL = 1e-4;

  private Numbers() {}

  /// Six digits at most, with a power of ten where it saves zeros.
  static String readable(double value) {
    if (!Double.isFinite(value)) {
      return String.valueOf(value);
    }
    double size = Math.abs(value);
    if (value != 0 && (size >= LARGE || size < SMALL)) {
      return String.format(Locale.ROOT, "%.4e", value)
          .replaceFirst("\\.?0*e", "e")
          .replaceFirst("e\\+?(-?)0?", "e$1");
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros();
    return (value == 0 ? BigDecimal.ZERO : rounded).toPlainString();
  }

  /// Short in a file, and finer than a pixel.
  static String drawn(double value) {
    double size = Math.abs(value);
    boolean fits = value == 0 || (size > Float.MIN_NORMAL && size < Float.MAX_VALUE);
    String digits = fits ? Float.toString((float) value) : Double.toString(value);
    return digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits;
  }
}
