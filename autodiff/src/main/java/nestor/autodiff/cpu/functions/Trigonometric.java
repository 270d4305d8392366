package nestor.autodiff.cpu.functions;

import static java.lang.Math.fma;
import static nestor.autodiff.cpu.functions.Coefficients.*;

/// Sine and cosine, one number at a time, with the same bits everywhere (see [ExpLog]).
final class Trigonometric {
  private Trigonometric() {}

  /// The sine.
  static double sin(double x) {
    double size = Math.abs(x);
    if (size <= TRIGONOMETRIC_LIMIT) {
      return quadrantSine(x, 0);
    }
    return size <= Double.MAX_VALUE ? StrictMath.sin(x) : Double.NaN;
  }

  /// The cosine.
  static double cos(double x) {
    double size = Math.abs(x);
    if (size <= TRIGONOMETRIC_LIMIT) {
      return quadrantSine(x, 1);
    }
    return size <= Double.MAX_VALUE ? StrictMath.cos(x) : Double.NaN;
  }

  /// sin(x + turns·π/2) for |x| up to the limit.
  private static double quadrantSine(double x, long turns) {
    double t = fma(x, TWO_OVER_PI, ROUND);
    double n = t - ROUND;
    // x − n·π/2 = r + tail; the first step is exact, the second keeps both of its rounding errors.
    double first = fma(-n, HALF_PI_1, x);
    double second = n * HALF_PI_2;
    double secondError = fma(n, HALF_PI_2, -second);
    double r = first - second;
    double taken = r - first;
    double tail = (first - (r - taken)) - (second + taken);
    tail = fma(-n, HALF_PI_3, tail - secondError);
    long quadrant = Double.doubleToRawLongBits(t) + turns;
    double value = (quadrant & 1) == 0 ? nearSin(r, tail) : nearCos(r, tail);
    long sign = (quadrant & 2) << 62;
    return Double.longBitsToDouble(Double.doubleToRawLongBits(value) ^ sign);
  }

  /// sin(r + tail) for |r| ≤ π/4 and a tail at most 2^-53. A zero keeps its sign.
  private static double nearSin(double r, double tail) {
    if (r == 0) {
      return r;
    }
    double z = r * r;
    double p = fma(z, SIN_5, SIN_4);
    p = fma(z, p, SIN_3);
    p = fma(z, p, SIN_2);
    p = fma(z, p, SIN_1);
    p = fma(z, p, SIN_0);
    double w = 1 - 0.5 * z;
    return r + fma(z * r, p, w * tail);
  }

  /// cos(r + tail) for |r| ≤ π/4 and a tail at most 2^-53.
  private static double nearCos(double r, double tail) {
    double z = r * r;
    double p = fma(z, COS_5, COS_4);
    p = fma(z, p, COS_3);
    p = fma(z, p, COS_2);
    p = fma(z, p, COS_1);
    p = fma(z, p, COS_0);
    double half = 0.5 * z;
    double w = 1 - half;
    return w + (((1 - w) - half) + fma(z * z, p, -r * tail));
  }
}
