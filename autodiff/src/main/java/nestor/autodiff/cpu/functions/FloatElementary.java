package nestor.autodiff.cpu.functions;

import static java.lang.Math.fma;
import static nestor.autodiff.cpu.functions.FloatCoefficients.*;

import java.util.Objects;

/// The functions of [FloatFunctions] on plain numbers: the same operations in the same order, so
/// the same bits.
public final class FloatElementary {
  private FloatElementary() {}

  /// The function's value at one number.
  static float at(Elementary.Function function, float x) {
    return switch (function) {
      case EXP -> exp(x);
      case EXPM1 -> expm1(x);
      case LOG -> log(x);
      case LOG1P -> log1p(x);
      case SIN -> sin(x);
      case COS -> cos(x);
      case TANH -> tanh(x);
      case SIGMOID -> sigmoid(x);
      case SOFTPLUS -> softplus(x);
      case ERF -> erf(x);
    };
  }

  /// y\[i\] = function(x\[i\]) for from ≤ i < to; x and y may be the same array.
  public static void apply(Elementary.Function function, float[] x, float[] y, int from, int to) {
    Objects.checkFromToIndex(from, to, x.length);
    Objects.checkFromToIndex(from, to, y.length);
    switch (function) {
      case EXP -> exp(x, y, from, to);
      case EXPM1 -> expm1(x, y, from, to);
      case LOG -> log(x, y, from, to);
      case LOG1P -> log1p(x, y, from, to);
      case SIN -> sin(x, y, from, to);
      case COS -> cos(x, y, from, to);
      case TANH -> tanh(x, y, from, to);
      case SIGMOID -> sigmoid(x, y, from, to);
      case SOFTPLUS -> softplus(x, y, from, to);
      case ERF -> erf(x, y, from, to);
    }
  }

  static float exp(float x) {
    float a = atMost(atLeast(x, EXP_LEAST), EXP_MOST);
    float t = fma(a, LOG2_E, ROUND + 254);
    float k = t - (ROUND + 254);
    float r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, a));
    int biased = Float.floatToRawIntBits(t);
    int half = biased >>> 1;
    float y = exponential(r) * powerOfTwo(half) * powerOfTwo(biased - half);
    return Float.isNaN(x) ? Float.NaN : y;
  }

  static float expm1(float x) {
    float a = atMost(atLeast(x, EXPM1_LEAST), EXP_MOST);
    float t = fma(a, LOG2_E, ROUND + 126);
    float k = t - (ROUND + 126);
    float r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, a));
    float g = fma(r, EXPM1_6, EXPM1_5);
    g = fma(r, g, EXPM1_4);
    g = fma(r, g, EXPM1_3);
    g = fma(r, g, EXPM1_2);
    float p = fma(r * r, g, r);
    float scale = powerOfTwo(Float.floatToRawIntBits(t));
    float half = fma(scale, p, scale - 0.5f);
    float y = Math.abs(x) < 0x1p-25f ? x : half + half;
    return Float.isNaN(x) ? Float.NaN : y;
  }

  static float log(float x) {
    int u = Float.floatToRawIntBits(x) + (ONE_BITS - SQRT_HALF_BITS);
    float minusK = minusExponent(u);
    float f = Float.intBitsToFloat((u & FRACTION_BITS) + SQRT_HALF_BITS) - 1;
    return 125.5f < Math.abs(minusK) ? FloatFunctions.widenedLog(x) : assembledLog(f, minusK);
  }

  static float log1p(float x) {
    int u = Float.floatToRawIntBits(x + 1) + (ONE_BITS - SQRT_HALF_BITS);
    float minusK = minusExponent(u);
    float scale = Float.intBitsToFloat(2 * ONE_BITS - (u & ~FRACTION_BITS));
    float f = x * scale - (1 - scale);
    return 125.5f < Math.abs(minusK) ? FloatFunctions.widenedLog1p(x) : assembledLog(f, minusK);
  }

  static float tanh(float x) {
    float a = atMost(Math.abs(x), TANH_MOST);
    float t = fma(a, 2 * LOG2_E, ROUND + 126);
    float k = t - (ROUND + 126);
    float r = fma(k, -0.5f * LN2_LOW, fma(k, -0.5f * LN2_HIGH, a));
    float g = fma(r, -TANH_6, TANH_5);
    g = fma(r, g, -TANH_4);
    g = fma(r, g, TANH_3);
    g = fma(r, g, -TANH_2);
    float p = fma(r * r, g, r);
    float scale = powerOfTwo(Float.floatToRawIntBits(t));
    float y = (p + (scale - 0.5f)) / (scale + 0.5f - p);
    return Float.isNaN(x) ? Float.NaN : withSign(y, x);
  }

  static float sigmoid(float x) {
    float a = atMost(atLeast(x, EXP_LEAST), SIGMOID_MOST);
    float t = fma(a, -LOG2_E, ROUND + 359);
    float k = t - (ROUND + 359);
    float r = fma(k, LN2_LOW, fma(k, LN2_HIGH, a));
    float g = fma(r, -EXP_6, EXP_5);
    g = fma(r, g, -EXP_4);
    g = fma(r, g, EXP_3);
    g = fma(r, g, -EXP_2);
    float p = fma(r * r, g, r);
    float minusScale = powerOfTwo(Float.floatToRawIntBits(t));
    float y = 0x1p-24f / fma(minusScale, p, 0x1p-24f - minusScale);
    return Float.isNaN(x) ? Float.NaN : y;
  }

  static float softplus(float x) {
    float a = atLeast(-Math.abs(x), EXP_LEAST);
    float t = fma(a, LOG2_E, ROUND + 32);
    float k = t - (ROUND + 32);
    float p = exponential(fma(k, -LN2_LOW, fma(k, -LN2_HIGH, a)));
    int bits = Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(t) << 23);
    float large = Float.intBitsToFloat(bits);
    float e = large * 0x1p-32f;
    float q = fma(e, SOFTPLUS_9, SOFTPLUS_8);
    q = fma(e, q, SOFTPLUS_7);
    q = fma(e, q, SOFTPLUS_6);
    q = fma(e, q, SOFTPLUS_5);
    q = fma(e, q, SOFTPLUS_4);
    q = fma(e, q, SOFTPLUS_3);
    q = fma(e, q, SOFTPLUS_2);
    q = fma(e, q, SOFTPLUS_1);
    q = fma(e, q, SOFTPLUS_0);
    float y = fma(large, q, 0 < x ? x : 0);
    return Float.isNaN(x) ? Float.NaN : y;
  }

  static float erf(float x) {
    float size = Math.abs(x);
    float z = x * x;
    float p = fma(z, ERF_5, ERF_4);
    p = fma(z, p, ERF_3);
    p = fma(z, p, ERF_2);
    p = fma(z, p, ERF_1);
    p = fma(z, p, ERF_0);
    float near = fma(size, p, size);
    float a = atMost(size, ERF_MOST);
    float q = fma(a, ERFC_8, ERFC_7);
    q = fma(a, q, ERFC_6);
    q = fma(a, q, ERFC_5);
    q = fma(a, q, ERFC_4);
    q = fma(a, q, ERFC_3);
    q = fma(a, q, ERFC_2);
    q = fma(a, q, ERFC_1);
    q = fma(a, q, ERFC_0);
    float square = q * q;
    float far = 1 - square * square;
    float y = size < ERF_MIDDLE ? near : far;
    return Float.isNaN(x) ? Float.NaN : withSign(y, x);
  }

  static float sin(float x) {
    if (!(Math.abs(x) < TRIGONOMETRIC_LIMIT)) {
      return FloatFunctions.widenedSin(x);
    }
    float t = fma(x, TWO_OVER_PI, ROUND);
    return x == 0 ? x : quadrantSine(x, t, t - ROUND);
  }

  static float cos(float x) {
    if (!(Math.abs(x) < TRIGONOMETRIC_LIMIT)) {
      return FloatFunctions.widenedCos(x);
    }
    float t = fma(x, TWO_OVER_PI, ROUND + 1);
    return quadrantSine(x, t, t - (ROUND + 1));
  }

  private static void exp(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = exp(x[i]);
    }
  }

  private static void expm1(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = expm1(x[i]);
    }
  }

  private static void log(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = log(x[i]);
    }
  }

  private static void log1p(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = log1p(x[i]);
    }
  }

  private static void sin(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = sin(x[i]);
    }
  }

  private static void cos(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = cos(x[i]);
    }
  }

  private static void tanh(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = tanh(x[i]);
    }
  }

  private static void sigmoid(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = sigmoid(x[i]);
    }
  }

  private static void softplus(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = softplus(x[i]);
    }
  }

  private static void erf(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = erf(x[i]);
    }
  }

  private static float quadrantSine(float x, float t, float n) {
    float r = fma(n, -HALF_PI_2, fma(n, -HALF_PI_1, x));
    r = fma(n, -HALF_PI_3, r);
    float z = r * r;
    float sine = fma(r * z, fma(z, fma(z, SIN_2, SIN_1), SIN_0), r);
    float cosine = fma(z, COS_3, COS_2);
    cosine = fma(z, cosine, COS_1);
    cosine = fma(z, cosine, COS_0);
    cosine = fma(z, cosine, 1);
    int quadrant = Float.floatToRawIntBits(t) << 30;
    float y = Float.intBitsToFloat(quadrant) == 0 ? sine : cosine;
    return Float.intBitsToFloat(Float.floatToRawIntBits(y) ^ (quadrant & SIGN_BIT));
  }

  private static float exponential(float r) {
    float p = fma(r, EXP_6, EXP_5);
    p = fma(r, p, EXP_4);
    p = fma(r, p, EXP_3);
    p = fma(r, p, EXP_2);
    p = fma(r, p, 1);
    return fma(r, p, 1);
  }

  private static float assembledLog(float f, float minusK) {
    float p = fma(f, LOG_10, LOG_9);
    p = fma(f, p, LOG_8);
    p = fma(f, p, LOG_7);
    p = fma(f, p, LOG_6);
    p = fma(f, p, LOG_5);
    p = fma(f, p, LOG_4);
    p = fma(f, p, LOG_3);
    p = fma(f, p, LOG_2);
    float y = fma(f * f, p, f);
    return fma(minusK, -LN2_HIGH, fma(minusK, -LN2_LOW, y));
  }

  private static float minusExponent(int moved) {
    return EXPONENT_BIAS - Float.intBitsToFloat((moved >>> 23) | EXPONENT_BITS);
  }

  private static float powerOfTwo(int biased) {
    return Float.intBitsToFloat(biased << 23);
  }

  private static float atLeast(float x, float least) {
    return x < least ? least : x;
  }

  private static float atMost(float x, float most) {
    return most < x ? most : x;
  }

  private static float withSign(float size, float x) {
    return Float.intBitsToFloat(
        Float.floatToRawIntBits(size) | (Float.floatToRawIntBits(x) & SIGN_BIT));
  }
}
