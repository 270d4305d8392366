package nestor.autodiff.cpu.functions;

import static nestor.autodiff.cpu.functions.FloatCoefficients.*;

/// Elementary functions of `float32`, each written once over a [FloatAlgebra].
///
/// There are no branches, and what multiplies and adds is fused. The errors are the largest found
/// by trying every argument where the function is neither linear nor constant (for log those
/// between 2^-6 and 2^6, and samples beyond); those of results below 2^-126 count in units of
/// 2^-149. Constants and reinterpretations do not count as operations.
///
/// | function | error in ulp | operations |
/// |---|---|---|
/// | exp | 0.90 | 22 |
/// | expm1 | 1.55 | 23 |
/// | log | 0.92 | 21 and a patch |
/// | log1p | 1.46 | 24 and a patch |
/// | tanh | 1.93 | 23 |
/// | sigmoid | 2.45 | 20 |
/// | softplus | 2.09 | 30 |
/// | erf | 1.76 | 27 |
/// | sin | 1.55 | 24 and a patch |
/// | cos | 1.54 | 22 and a patch |
///
/// Limits, the signs of zeros and gradual underflow are those of the exact functions rounded to
/// `float32`; tanh, sigmoid and erf never exceed 1. NaN gives [Float#NaN].
public final class FloatFunctions {
  private FloatFunctions() {}

  /// e^x, as 2^k·e^r.
  public static <V, B, M> V exp(FloatAlgebra<V, B, M> on, V x) {
    V a = clamped(on, x, EXP_LEAST, EXP_MOST);
    V t = on.fma(a, on.constant(LOG2_E), on.constant(ROUND + 254));
    V k = on.subtract(t, on.constant(ROUND + 254));
    V r = reduced(on, a, k, -LN2_HIGH, -LN2_LOW);
    V p = polynomial(on, r, EXP_6, EXP_5, EXP_4, EXP_3, EXP_2, 1, 1);
    // 2^k in two factors: alone it would leave the range where e^x still is within it.
    B biased = on.bits(t);
    B half = on.shiftRight(biased, 1);
    V y = on.multiply(p, powerOfTwo(on, half));
    y = on.multiply(y, powerOfTwo(on, on.minus(biased, half)));
    return unlessNaN(on, x, y);
  }

  /// e^x − 1, as 2^k·(e^r − 1) + (2^k − 1).
  public static <V, B, M> V expm1(FloatAlgebra<V, B, M> on, V x) {
    V a = clamped(on, x, EXPM1_LEAST, EXP_MOST);
    V t = on.fma(a, on.constant(LOG2_E), on.constant(ROUND + 126));
    V k = on.subtract(t, on.constant(ROUND + 126));
    V r = reduced(on, a, k, -LN2_HIGH, -LN2_LOW);
    V g = polynomial(on, r, EXPM1_6, EXPM1_5, EXPM1_4, EXPM1_3, EXPM1_2);
    V p = on.fma(on.multiply(r, r), g, r);
    // 2^(k-1), so that k = 128 does not overflow before the subtraction.
    V scale = powerOfTwo(on, on.bits(t));
    V half = on.fma(scale, p, on.subtract(scale, on.constant(0.5f)));
    V y = on.add(half, half);
    M tiny = on.less(on.absolute(x), on.constant(0x1p-25f));
    return unlessNaN(on, x, on.select(tiny, x, y));
  }

  /// The natural logarithm.
  public static <V, B, M> V log(FloatAlgebra<V, B, M> on, V x) {
    B u = on.plus(on.bits(x), on.integer(ONE_BITS - SQRT_HALF_BITS));
    V minusK = minusExponent(on, u);
    B fraction = on.and(u, on.integer(FRACTION_BITS));
    V m = on.number(on.plus(fraction, on.integer(SQRT_HALF_BITS)));
    V f = on.subtract(m, on.constant(1));
    return on.patch(outOfRange(on, minusK), x, assembledLog(on, f, minusK), "widenedLog");
  }

  /// ln(1 + x).
  public static <V, B, M> V log1p(FloatAlgebra<V, B, M> on, V x) {
    V one = on.constant(1);
    B u = on.plus(on.bits(on.add(x, one)), on.integer(ONE_BITS - SQRT_HALF_BITS));
    V minusK = minusExponent(on, u);
    // 2^-k·(1 + x) − 1 without the rounding of 1 + x, and with the sign of a zero.
    B power = on.and(u, on.integer(~FRACTION_BITS));
    V scale = on.number(on.minus(on.integer(2 * ONE_BITS), power));
    V f = on.subtract(on.multiply(x, scale), on.subtract(one, scale));
    return on.patch(outOfRange(on, minusK), x, assembledLog(on, f, minusK), "widenedLog1p");
  }

  /// The hyperbolic tangent, as (2^k − e^-2r)/(2^k + e^-2r) for 2|x| = k·ln 2 + 2r.
  public static <V, B, M> V tanh(FloatAlgebra<V, B, M> on, V x) {
    V a = atMost(on, on.absolute(x), TANH_MOST);
    V t = on.fma(a, on.constant(2 * LOG2_E), on.constant(ROUND + 126));
    V k = on.subtract(t, on.constant(ROUND + 126));
    V r = reduced(on, a, k, -0.5f * LN2_HIGH, -0.5f * LN2_LOW);
    V g = polynomial(on, r, -TANH_6, TANH_5, -TANH_4, TANH_3, -TANH_2);
    V p = on.fma(on.multiply(r, r), g, r); // (1 − e^-2r)/2
    V half = on.constant(0.5f);
    V scale = powerOfTwo(on, on.bits(t)); // 2^(k-1)
    V above = on.add(p, on.subtract(scale, half));
    V below = on.subtract(on.add(scale, half), p);
    return unlessNaN(on, x, withSign(on, on.divide(above, below), x));
  }

  /// 1/(1 + e^-x), with 2^-24 above and below so that e^-x stays finite.
  public static <V, B, M> V sigmoid(FloatAlgebra<V, B, M> on, V x) {
    V a = clamped(on, x, EXP_LEAST, SIGMOID_MOST);
    V t = on.fma(a, on.constant(-LOG2_E), on.constant(ROUND + 359));
    V k = on.subtract(t, on.constant(ROUND + 359));
    V r = reduced(on, a, k, LN2_HIGH, LN2_LOW);
    V g = polynomial(on, r, -EXP_6, EXP_5, -EXP_4, EXP_3, -EXP_2);
    V p = on.fma(on.multiply(r, r), g, r); // 1 − e^-r
    // −2^(k-24): the 256 within 359 = 127 − 24 + 256 becomes the sign.
    V minusScale = powerOfTwo(on, on.bits(t));
    V one = on.constant(0x1p-24f);
    V below = on.fma(minusScale, p, on.subtract(one, minusScale));
    return unlessNaN(on, x, on.divide(one, below));
  }

  /// ln(1 + e^x), as max(x, 0) + ln(1 + e^-|x|).
  public static <V, B, M> V softplus(FloatAlgebra<V, B, M> on, V x) {
    V least = on.constant(EXP_LEAST);
    V negative = on.number(on.or(on.bits(x), on.integer(SIGN_BIT)));
    V a = on.select(on.less(negative, least), least, negative);
    V t = on.fma(a, on.constant(LOG2_E), on.constant(ROUND + 32));
    V k = on.subtract(t, on.constant(ROUND + 32));
    V r = reduced(on, a, k, -LN2_HIGH, -LN2_LOW);
    V p = polynomial(on, r, EXP_6, EXP_5, EXP_4, EXP_3, EXP_2, 1, 1);
    // 2^32·e, which stays normal where e = e^-|x| does not, so that y is rounded once.
    V large = on.number(on.plus(on.bits(p), on.shiftLeft(on.bits(t), 23)));
    V e = on.multiply(large, on.constant(0x1p-32f));
    V q =
        polynomial(
            on,
            e,
            SOFTPLUS_9,
            SOFTPLUS_8,
            SOFTPLUS_7,
            SOFTPLUS_6,
            SOFTPLUS_5,
            SOFTPLUS_4,
            SOFTPLUS_3,
            SOFTPLUS_2,
            SOFTPLUS_1,
            SOFTPLUS_0);
    V zero = on.constant(0);
    V y = on.fma(large, q, on.select(on.less(zero, x), x, zero));
    return unlessNaN(on, x, y);
  }

  /// The error function: a polynomial near 0, then 1 − q⁴ with another one for q.
  public static <V, B, M> V erf(FloatAlgebra<V, B, M> on, V x) {
    V size = on.absolute(x);
    V z = on.multiply(x, x);
    V p = polynomial(on, z, ERF_5, ERF_4, ERF_3, ERF_2, ERF_1, ERF_0);
    V near = on.fma(size, p, size);
    V a = atMost(on, size, ERF_MOST);
    V q = polynomial(on, a, ERFC_8, ERFC_7, ERFC_6, ERFC_5, ERFC_4, ERFC_3, ERFC_2, ERFC_1, ERFC_0);
    V square = on.multiply(q, q);
    V far = on.subtract(on.constant(1), on.multiply(square, square));
    V y = on.select(on.less(size, on.constant(ERF_MIDDLE)), near, far);
    return unlessNaN(on, x, withSign(on, y, x));
  }

  /// The sine.
  public static <V, B, M> V sin(FloatAlgebra<V, B, M> on, V x) {
    V y = quadrantSine(on, x, ROUND);
    V signed = on.select(on.equal(x, on.constant(0)), x, y);
    return on.patch(beyondReduction(on, x), x, signed, "widenedSin");
  }

  /// The cosine.
  public static <V, B, M> V cos(FloatAlgebra<V, B, M> on, V x) {
    V y = quadrantSine(on, x, ROUND + 1);
    return on.patch(beyondReduction(on, x), x, y, "widenedCos");
  }

  /// The natural logarithm of any number, by way of `float64`.
  public static float widenedLog(float x) {
    return x >= 0 ? (float) StrictMath.log(x) : Float.NaN;
  }

  /// ln(1 + x) of any number, by way of `float64`.
  public static float widenedLog1p(float x) {
    return x >= -1 ? (float) StrictMath.log1p(x) : Float.NaN;
  }

  /// The sine of any number, by way of `float64`.
  public static float widenedSin(float x) {
    return Math.abs(x) <= Float.MAX_VALUE ? (float) StrictMath.sin(x) : Float.NaN;
  }

  /// The cosine of any number, by way of `float64`.
  public static float widenedCos(float x) {
    return Math.abs(x) <= Float.MAX_VALUE ? (float) StrictMath.cos(x) : Float.NaN;
  }

  /// ln(2^k·(1 + f)), for a whole k.
  private static <V, B, M> V assembledLog(FloatAlgebra<V, B, M> on, V f, V minusK) {
    V p = polynomial(on, f, LOG_10, LOG_9, LOG_8, LOG_7, LOG_6, LOG_5, LOG_4, LOG_3, LOG_2);
    V y = on.fma(on.multiply(f, f), p, f);
    y = on.fma(minusK, on.constant(-LN2_LOW), y);
    return on.fma(minusK, on.constant(-LN2_HIGH), y);
  }

  /// sin(x + n·π/2), where rounding is [FloatCoefficients#ROUND] + n.
  private static <V, B, M> V quadrantSine(FloatAlgebra<V, B, M> on, V x, float rounding) {
    V t = on.fma(x, on.constant(TWO_OVER_PI), on.constant(rounding));
    V n = on.subtract(t, on.constant(rounding));
    V r = on.fma(n, on.constant(-HALF_PI_3), reduced(on, x, n, -HALF_PI_1, -HALF_PI_2));
    V z = on.multiply(r, r);
    V sine = on.fma(on.multiply(r, z), polynomial(on, z, SIN_2, SIN_1, SIN_0), r);
    V cosine = polynomial(on, z, COS_3, COS_2, COS_1, COS_0, 1);
    // The quadrant's low bit decides between 0 and 2, its high one is the sign.
    B quadrant = on.shiftLeft(on.bits(t), 30);
    V y = on.select(on.equal(on.number(quadrant), on.constant(0)), sine, cosine);
    return on.number(on.xor(on.bits(y), on.and(quadrant, on.integer(SIGN_BIT))));
  }

  /// Whether the reduction by three parts of π/2 does not do: a large number or NaN.
  private static <V, B, M> M beyondReduction(FloatAlgebra<V, B, M> on, V x) {
    return on.not(on.less(on.absolute(x), on.constant(TRIGONOMETRIC_LIMIT)));
  }

  /// −k from the bits of 2^k·m with √½ ≤ m < √2, moved up by those of 1 less those of √½.
  private static <V, B, M> V minusExponent(FloatAlgebra<V, B, M> on, B moved) {
    B biased = on.or(on.shiftRight(moved, 23), on.integer(EXPONENT_BITS));
    return on.subtract(on.constant(EXPONENT_BIAS), on.number(biased));
  }

  /// Whether the exponent is that of a subnormal number, zero, an infinity, NaN or, by its sign
  /// bit, a negative number: what −k comes to then is never so small.
  private static <V, B, M> M outOfRange(FloatAlgebra<V, B, M> on, V minusK) {
    return on.less(on.constant(125.5f), on.absolute(minusK));
  }

  /// a + k·(high + low).
  private static <V, B, M> V reduced(FloatAlgebra<V, B, M> on, V a, V k, float high, float low) {
    return on.fma(k, on.constant(low), on.fma(k, on.constant(high), a));
  }

  /// By Horner's rule, highest power first.
  private static <V, B, M> V polynomial(FloatAlgebra<V, B, M> on, V x, float... coefficients) {
    V p = on.constant(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      p = on.fma(x, p, on.constant(coefficients[i]));
    }
    return p;
  }

  /// The power of two whose biased exponent, and sign above it, are the low nine bits.
  private static <V, B, M> V powerOfTwo(FloatAlgebra<V, B, M> on, B biased) {
    return on.number(on.shiftLeft(biased, 23));
  }

  private static <V, B, M> V clamped(FloatAlgebra<V, B, M> on, V x, float least, float most) {
    V low = on.constant(least);
    return atMost(on, on.select(on.less(x, low), low, x), most);
  }

  private static <V, B, M> V atMost(FloatAlgebra<V, B, M> on, V x, float most) {
    V high = on.constant(most);
    return on.select(on.less(high, x), high, x);
  }

  /// A number that is not negative, with the sign of x.
  private static <V, B, M> V withSign(FloatAlgebra<V, B, M> on, V size, V x) {
    return on.number(on.or(on.bits(size), on.and(on.bits(x), on.integer(SIGN_BIT))));
  }

  private static <V, B, M> V unlessNaN(FloatAlgebra<V, B, M> on, V x, V y) {
    return on.select(on.equal(x, x), y, on.constant(Float.NaN));
  }
}
