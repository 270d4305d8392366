package nestor.autodiff.cpu.functions;

import static java.lang.Math.fma;
import static nestor.autodiff.cpu.functions.Coefficients.*;

/// The exponential, the logarithm and their kin, one number at a time.
///
/// Every value comes from +, −, ·, /, fma and bit operations in a fixed order, so the bits do not
/// depend on the machine, on the compiler or on the vector width. A NaN result is always the
/// canonical [Double#NaN].
final class ExpLog {
  private ExpLog() {}

  /// e^x.
  static double exp(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    double a = x > 710 ? 710 : x < -746 ? -746 : x;
    double t = fma(a, LOG2_E, ROUND_EXPONENT);
    double k = t - ROUND_EXPONENT;
    double r = fma(-k, LN2_LOW, fma(-k, LN2_HIGH, a));
    double m = 1 + fma(r * r, expSeries(r), r);
    // 2^k in two factors: alone it would leave the range where e^x still is within it.
    long bits = Double.doubleToRawLongBits(t);
    long half = bits >>> 1;
    return m * powerOfTwo(half - 1) * powerOfTwo(bits - half - 1);
  }

  /// e^x − 1.
  static double expm1(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    if (Math.abs(x) < 0x1p-54) {
      return x;
    }
    double a = x > 710 ? 710 : x < -60 ? -60 : x;
    double t = fma(a, LOG2_E, ROUND_EXPONENT);
    double k = t - ROUND_EXPONENT;
    double high = fma(-k, LN2_HIGH, a);
    double r = fma(-k, LN2_LOW, high);
    double tail = fma(-k, LN2_LOW, high - r);
    // 2^(k-1), so that k = 1024 does not overflow before the subtraction.
    double scale = powerOfTwo(Double.doubleToRawLongBits(t) - 1026);
    double rest = fma(r * r, expSeries(r), tail);
    return 2 * fma(scale, rest, fma(scale, r, scale - 0.5));
  }

  /// The hyperbolic tangent, as E/(E + 2) with E = e^2|x| − 1 carried to about 60 bits.
  static double tanh(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    double size = Math.abs(x);
    if (size < 0x1p-28) {
      return x;
    }
    double a = size > 22 ? 44 : 2 * size;
    double t = fma(a, LOG2_E, ROUND_EXPONENT);
    double k = t - ROUND_EXPONENT;
    double reduced = fma(-k, LN2_HIGH, a);
    double r = fma(-k, LN2_LOW, reduced);
    double tail = fma(-k, LN2_LOW, reduced - r);
    double scale = powerOfTwo(Double.doubleToRawLongBits(t) - 1026);
    // E/2 = high + low
    double first = fma(scale, r, scale - 0.5);
    double rest = scale * fma(r * r, expSeries(r), tail);
    double high = first + rest;
    double low = (first - high) + rest;
    // E/2 + 1 = below + (belowError + low)
    double below = high + 1;
    double one = below - high;
    double belowError = (high - (below - one)) + (1 - one);
    double inverse = 1 / below;
    double q = high * inverse;
    double residual = fma(-q, belowError + low, fma(-q, below, high) + low);
    return Math.copySign(fma(residual, inverse, q), x);
  }

  /// 1/(1 + e^-x).
  static double sigmoid(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    double e = exp(-Math.abs(x));
    double above = x < 0 ? e : 1;
    double below = 1 + e;
    double belowError = (1 - below) + e;
    double inverse = 1 / below;
    double q = above * inverse;
    double residual = fma(-q, belowError, fma(-q, below, above));
    return fma(residual, inverse, q);
  }

  /// ln(1 + e^x), as max(x, 0) + ln(1 + e^-|x|).
  static double softplus(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    double e = exp(-Math.abs(x));
    // 1 + e = 2^k·(1 + f + tail)
    double k = 0;
    double f = e;
    double tail = 0;
    if (e > SQRT_TWO_LESS_ONE) {
      k = 1;
      f = fma(0.5, e, -0.5);
      tail = fma(0.5, e, -(f + 0.5));
    }
    return (x > 0 ? x : 0) + assembledLog(f, tail, k);
  }

  /// The natural logarithm.
  static double log(double x) {
    if (x >= Double.MIN_NORMAL && x <= Double.MAX_VALUE) {
      return scaledLog(x, EXPONENT_BIAS);
    }
    if (x == 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (x > 0) {
      return x == Double.POSITIVE_INFINITY ? x : scaledLog(x * 0x1p54, EXPONENT_BIAS + 54);
    }
    return Double.NaN;
  }

  /// ln(1 + x).
  static double log1p(double x) {
    if (Math.abs(x) < 0x1p-54) {
      return x;
    }
    if (x > -1 && x < 0x1p1000) {
      return finiteLog1p(x);
    }
    return x == -1 ? Double.NEGATIVE_INFINITY : log(x);
  }

  /// The natural logarithm of a normal x, less (bias − EXPONENT_BIAS)·ln 2.
  private static double scaledLog(double x, double bias) {
    long bits = Double.doubleToRawLongBits(x) + (ONE_BITS - SQRT_HALF_BITS);
    double k = Double.longBitsToDouble((bits >>> 52) | EXPONENT_BITS) - bias;
    double m = Double.longBitsToDouble((bits & FRACTION_BITS) + SQRT_HALF_BITS);
    return assembledLog(m - 1, 0, k);
  }

  /// ln(1 + x) for 2^-54 ≤ |x|, −1 < x < 2^1000.
  private static double finiteLog1p(double x) {
    double u = 1 + x;
    double rounded = u - x;
    double lost = (x - (u - rounded)) + (1 - rounded);
    long bits = Double.doubleToRawLongBits(u) + (ONE_BITS - SQRT_HALF_BITS);
    double k = Double.longBitsToDouble((bits >>> 52) | EXPONENT_BITS) - EXPONENT_BIAS;
    double m = Double.longBitsToDouble((bits & FRACTION_BITS) + SQRT_HALF_BITS);
    double carried = lost * powerOfTwo(2046 - (bits >>> 52));
    double f = (m - 1) + carried;
    double tail = carried - (f - (m - 1));
    return assembledLog(f, tail, k);
  }

  /// k·ln 2 + ln(1 + f + tail) for |f| ≤ √2 − 1 and a tail below f's last place.
  private static double assembledLog(double f, double tail, double k) {
    double s = f / (2 + f);
    double z = s * s;
    double half = 0.5 * f * f;
    double p = fma(z, LOG_6, LOG_5);
    p = fma(z, p, LOG_4);
    p = fma(z, p, LOG_3);
    p = fma(z, p, LOG_2);
    p = fma(z, p, LOG_1);
    p = fma(z, p, LOG_0);
    double small = fma(s, fma(z, p, half), fma(k, LN2_LOW, tail));
    return fma(k, LN2_HIGH, f - (half - small));
  }

  /// (e^r − 1 − r)/r² for |r| ≤ ln(2)/2.
  static double expSeries(double r) {
    double p = fma(r, EXP_10, EXP_9);
    p = fma(r, p, EXP_8);
    p = fma(r, p, EXP_7);
    p = fma(r, p, EXP_6);
    p = fma(r, p, EXP_5);
    p = fma(r, p, EXP_4);
    p = fma(r, p, EXP_3);
    p = fma(r, p, EXP_2);
    p = fma(r, p, EXP_1);
    return fma(r, p, EXP_0);
  }

  /// The power of two whose biased exponent is the argument's low eleven bits.
  static double powerOfTwo(long biased) {
    return Double.longBitsToDouble(biased << 52);
  }
}
