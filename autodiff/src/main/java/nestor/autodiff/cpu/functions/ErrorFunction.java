package nestor.autodiff.cpu.functions;

import static java.lang.Math.fma;
import static nestor.autodiff.cpu.functions.Coefficients.*;

/// The error function, one number at a time, with the same bits everywhere (see [ExpLog]).
final class ErrorFunction {
  private ErrorFunction() {}

  /// erf x = 2/√π·∫₀ˣ e^-t² dt: a polynomial in x² up to 1, then 1 − e^(g(x) − x²).
  static double erf(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    double size = Math.abs(x);
    double value = size < 1 ? near(size) : far(size > 6 ? 6 : size);
    return Math.copySign(value, x);
  }

  private static double near(double a) {
    double z = a * a;
    double p = fma(z, ERF_12, ERF_11);
    p = fma(z, p, ERF_10);
    p = fma(z, p, ERF_9);
    p = fma(z, p, ERF_8);
    p = fma(z, p, ERF_7);
    p = fma(z, p, ERF_6);
    p = fma(z, p, ERF_5);
    p = fma(z, p, ERF_4);
    p = fma(z, p, ERF_3);
    p = fma(z, p, ERF_2);
    p = fma(z, p, ERF_1);
    p = fma(z, p, ERF_0);
    return fma(a, p, a);
  }

  private static double far(double a) {
    double u = a - 1;
    double g = fma(u, ERFC_18, ERFC_17);
    g = fma(u, g, ERFC_16);
    g = fma(u, g, ERFC_15);
    g = fma(u, g, ERFC_14);
    g = fma(u, g, ERFC_13);
    g = fma(u, g, ERFC_12);
    g = fma(u, g, ERFC_11);
    g = fma(u, g, ERFC_10);
    g = fma(u, g, ERFC_9);
    g = fma(u, g, ERFC_8);
    g = fma(u, g, ERFC_7);
    g = fma(u, g, ERFC_6);
    g = fma(u, g, ERFC_5);
    g = fma(u, g, ERFC_4);
    g = fma(u, g, ERFC_3);
    g = fma(u, g, ERFC_2);
    g = fma(u, g, ERFC_1);
    g = fma(u, g, ERFC_0);
    return 1 - moderateExp(fma(-a, a, g));
  }

  /// e^x for −700 < x < 700, where 2^k is a normal number.
  private static double moderateExp(double x) {
    double t = fma(x, LOG2_E, ROUND_EXPONENT);
    double k = t - ROUND_EXPONENT;
    double r = fma(-k, LN2_LOW, fma(-k, LN2_HIGH, x));
    double m = 1 + fma(r * r, ExpLog.expSeries(r), r);
    return m * ExpLog.powerOfTwo(Double.doubleToRawLongBits(t) - 1025);
  }
}
