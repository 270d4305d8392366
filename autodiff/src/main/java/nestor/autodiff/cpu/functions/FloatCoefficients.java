package nestor.autodiff.cpu.functions;

/// The numbers behind the elementary functions of `float32`.
///
/// Every polynomial is a minimax fit (Remez exchange in 50 digits) whose coefficients were rounded
/// to `float32` one after the other, the rest fitted anew each time; the bound given with each one
/// is the error after all of them were, relative to the function's own value. Index i multiplies
/// the i-th power.
final class FloatCoefficients {
  private FloatCoefficients() {}

  /// log2(e).
  static final float LOG2_E = 0x1.715476p0f;

  /// ln 2 rounded down to 24 bits, and the rest: both positive, which keeps the sign of a zero.
  static final float LN2_HIGH = 0x1.62e42ep-1f;

  static final float LN2_LOW = 0x1.efa39ep-25f;

  /// 1.5·2^23: adding it rounds to an integer and leaves that integer's low bits in place.
  static final float ROUND = 0x1.8p23f;

  /// Where e^x is below half the least number, and where it is infinite.
  static final float EXP_LEAST = -104;

  static final float EXP_MOST = 89;

  /// From here down expm1 rounds to −1, and from here up sigmoid rounds to 1.
  static final float EXPM1_LEAST = -20;

  static final float SIGMOID_MOST = 64;

  /// The bits of 1, of a number's sign and of its fraction.
  static final int ONE_BITS = 0x3f80_0000;

  static final int SIGN_BIT = 0x8000_0000;
  static final int FRACTION_BITS = 0x007f_ffff;

  /// The bits of √½.
  static final int SQRT_HALF_BITS = 0x3f35_04f3;

  /// 2^23 as bits, into whose fraction a biased exponent fits, and 2^23 + 127 to subtract from.
  static final int EXPONENT_BITS = 0x4b00_0000;

  static final float EXPONENT_BIAS = 0x1p23f + 127;

  // (e^r − 1 − r)/r² for |r| ≤ ln(2)/2; error 2^-28.2 in e^r.
  static final float EXP_2 = 0x1.fffffcp-2f;
  static final float EXP_3 = 0x1.55548cp-3f;
  static final float EXP_4 = 0x1.555858p-5f;
  static final float EXP_5 = 0x1.123da6p-7f;
  static final float EXP_6 = 0x1.6ac144p-10f;

  // (e^r − 1 − r)/r² for |r| ≤ ln(2)/2; error 2^-26.1 in e^r − 1.
  static final float EXPM1_2 = 0x1.fffffep-2f;
  static final float EXPM1_3 = 0x1.5554aap-3f;
  static final float EXPM1_4 = 0x1.55579ap-5f;
  static final float EXPM1_5 = 0x1.122c66p-7f;
  static final float EXPM1_6 = 0x1.6abb48p-10f;

  // (ln(1 + f) − f)/f² for √½ ≤ 1 + f ≤ √2; error 2^-27.8 in ln(1 + f).
  static final float LOG_2 = -0x1.fffff8p-2f;
  static final float LOG_3 = 0x1.55554ep-2f;
  static final float LOG_4 = -0x1.000438p-2f;
  static final float LOG_5 = 0x1.99a544p-3f;
  static final float LOG_6 = -0x1.5424f2p-3f;
  static final float LOG_7 = 0x1.225476p-3f;
  static final float LOG_8 = -0x1.0f2d90p-3f;
  static final float LOG_9 = 0x1.090682p-3f;
  static final float LOG_10 = -0x1.3a411ep-4f;

  // 2^-32·ln(1 + e)/e for 0 ≤ e ≤ 1; error 2^-27.5.
  static final float SOFTPLUS_0 = 0x1p-32f;
  static final float SOFTPLUS_1 = -0x1.ffffd2p-34f;
  static final float SOFTPLUS_2 = 0x1.554dd0p-34f;
  static final float SOFTPLUS_3 = -0x1.ff23e6p-35f;
  static final float SOFTPLUS_4 = 0x1.934b54p-35f;
  static final float SOFTPLUS_5 = -0x1.3a435ep-35f;
  static final float SOFTPLUS_6 = 0x1.b4ae08p-36f;
  static final float SOFTPLUS_7 = -0x1.d6b08cp-37f;
  static final float SOFTPLUS_8 = 0x1.4917cep-38f;
  static final float SOFTPLUS_9 = -0x1.af49cep-41f;

  /// From here on tanh rounds to 1.
  static final float TANH_MOST = 9.1f;

  // ((e^2r − 1)/2 − r)/r² for |r| ≤ ln(2)/4; error 2^-26.1 in e^2r − 1.
  static final float TANH_2 = 0x1.fffffep-1f;
  static final float TANH_3 = 0x1.5554aap-1f;
  static final float TANH_4 = 0x1.55579ap-2f;
  static final float TANH_5 = 0x1.122c66p-3f;
  static final float TANH_6 = 0x1.6abb48p-5f;

  /// Where erf passes from one polynomial to the other, and from where on it rounds to 1.
  static final float ERF_MIDDLE = 0x1.ep-1f;

  static final float ERF_MOST = 3.93f;

  // erf(x)/x − 1 in x², for |x| ≤ 15/16; error 2^-25.6.
  static final float ERF_0 = 0x1.06eba6p-3f;
  static final float ERF_1 = -0x1.8126dcp-2f;
  static final float ERF_2 = 0x1.ce1856p-4f;
  static final float ERF_3 = -0x1.b6698ep-6f;
  static final float ERF_4 = 0x1.466a12p-8f;
  static final float ERF_5 = -0x1.36a5aep-11f;

  // The fourth root of erfc(a) for 15/16 ≤ a ≤ 3.93; error 2^-26.3 in erf.
  static final float ERFC_0 = 0x1.006398p0f;
  static final float ERFC_1 = -0x1.296734p-2f;
  static final float ERFC_2 = -0x1.98aef2p-4f;
  static final float ERFC_3 = -0x1.4bf67ap-7f;
  static final float ERFC_4 = 0x1.3ceb30p-5f;
  static final float ERFC_5 = -0x1.58a618p-7f;
  static final float ERFC_6 = 0x1.7ff300p-13f;
  static final float ERFC_7 = 0x1.169d5cp-12f;
  static final float ERFC_8 = -0x1.d29c14p-16f;

  /// 2/π, and π/2 in three parts, the first two rounded down like those of ln 2.
  static final float TWO_OVER_PI = 0x1.45f306p-1f;

  static final float HALF_PI_1 = 0x1.921fb4p0f;
  static final float HALF_PI_2 = 0x1.4442d0p-24f;
  static final float HALF_PI_3 = 0x1.84698ap-48f;

  /// The largest |x| that sin and cos reduce with the three parts of π/2.
  static final float TRIGONOMETRIC_LIMIT = 0x1p16f;

  // (sin(r)/r − 1)/r² in r², for |r| ≤ 1.002·π/4; error 2^-27.8.
  static final float SIN_0 = -0x1.555544p-3f;
  static final float SIN_1 = 0x1.1106c6p-7f;
  static final float SIN_2 = -0x1.991c26p-13f;

  // (cos(r) − 1)/r² in r², for |r| ≤ 1.002·π/4; error 2^-33.
  static final float COS_0 = -0.5f;
  static final float COS_1 = 0x1.55554ap-5f;
  static final float COS_2 = -0x1.6c0c26p-10f;
  static final float COS_3 = 0x1.99e714p-16f;
}
