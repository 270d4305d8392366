package nestor.autodiff;

/// The scalar definition of the error function: its Maclaurin series near 0, the continued fraction
/// of the complement further out (Abramowitz and Stegun 7.1.5 and 7.1.14).
final class ErrorFunction {
  private static final double TWO_OVER_SQRT_PI = 1.1283791670955126;

  private ErrorFunction() {}

  static double erf(double x) {
    double z = Math.abs(x);
    if (z < 1.5) {
      return series(x);
    }
    return z < 6 ? Math.copySign(1 - complement(z), x) : Double.isNaN(x) ? x : Math.copySign(1, x);
  }

  /// 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1))
  private static double series(double x) {
    double square = x * x;
    double power = 1;
    double sum = 0;
    for (int n = 1; n < 40; n++) {
      power *= -square / n;
      sum += power / (2 * n + 1);
    }
    return TWO_OVER_SQRT_PI * (x + x * sum);
  }

  /// exp(−z²)/√π · 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + …)))), evaluated from the inside.
  private static double complement(double z) {
    double tail = z;
    for (int n = 120; n >= 1; n--) {
      tail = z + 0.5 * n / tail;
    }
    return StrictMath.exp(-z * z) / Math.sqrt(Math.PI) / tail;
  }
}
