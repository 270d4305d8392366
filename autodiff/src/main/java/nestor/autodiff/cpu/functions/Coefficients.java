package nestor.autodiff.cpu.functions;

/// The numbers behind the elementary functions, shared by the scalar and the vector versions.
///
/// Every polynomial is a minimax fit (Remez exchange in 240-bit arithmetic) whose coefficients were
/// then rounded to float64; the bound given with each one is the error after that rounding,
/// relative to the function's own value. Index i multiplies the i-th power.
final class Coefficients {
  private Coefficients() {}

  /// log2(e).
  static final double LOG2_E = 0x1.71547652b82fep0;

  /// ln 2 to 38 bits, so that its products with exponents are exact.
  static final double LN2_HIGH = 0x1.62e42fefa0000p-1;

  /// ln 2 − LN2_HIGH.
  static final double LN2_LOW = 0x1.cf79abc9e3b3ap-40;

  /// 1.5·2^52 + 2048: adding it rounds to an integer k and leaves k + 2048 in the low twelve bits.
  static final double ROUND_EXPONENT = 0x1.8000000000800p52;

  /// 1.5·2^52: adding it rounds to an integer and leaves that integer's low bits in place.
  static final double ROUND = 0x1.8p52;

  /// 2/π, and π/2 as the sum of three float64 numbers.
  static final double TWO_OVER_PI = 0x1.45f306dc9c883p-1;

  static final double HALF_PI_1 = 0x1.921fb54442d18p0;
  static final double HALF_PI_2 = 0x1.1a62633145c07p-54;
  static final double HALF_PI_3 = -0x1.f1976b7ed8fbcp-110;

  /// The largest |x| that sin and cos reduce with the three parts of π/2. Below it x·2/π rounds to
  /// less than 2^20, which makes the first step of the reduction exact and bounds the part left out
  /// after the third by 2^-140.
  static final double TRIGONOMETRIC_LIMIT = 0x1p20;

  /// The bit patterns of 1 and of √½ rounded to a multiple of 2^-21, and the fraction's bits.
  static final long ONE_BITS = 0x3ff0_0000_0000_0000L;

  static final long SQRT_HALF_BITS = 0x3fe6_a09e_0000_0000L;
  static final long FRACTION_BITS = 0x000f_ffff_ffff_ffffL;

  /// 2^52 as bits, into whose fraction a biased exponent fits, and 2^52 + 1023 to subtract again.
  static final long EXPONENT_BITS = 0x4330_0000_0000_0000L;

  static final double EXPONENT_BIAS = 0x1p52 + 1023;

  /// √2 − 1.
  static final double SQRT_TWO_LESS_ONE = 0x1.a827999fcef32p-2;

  // (e^r − 1 − r)/r² for |r| ≤ ln(2)/2; error 2^-59.9 in e^r − 1.
  static final double EXP_0 = 0x1.0000000000000p-1;
  static final double EXP_1 = 0x1.5555555555559p-3;
  static final double EXP_2 = 0x1.555555555553fp-5;
  static final double EXP_3 = 0x1.111111110f6dap-7;
  static final double EXP_4 = 0x1.6c16c16c1f075p-10;
  static final double EXP_5 = 0x1.a01a01afd3e81p-13;
  static final double EXP_6 = 0x1.a01a017bc74b5p-16;
  static final double EXP_7 = 0x1.71ddf87ea91efp-19;
  static final double EXP_8 = 0x1.27e5362a90862p-22;
  static final double EXP_9 = 0x1.af5e7522c69b0p-26;
  static final double EXP_10 = 0x1.1ee88a1a07accp-29;

  // (ln((1+s)/(1−s))/s − 2)/s² in s², for |s| ≤ 3 − 2√2; error 2^-58.9.
  static final double LOG_0 = 0x1.5555555555592p-1;
  static final double LOG_1 = 0x1.999999997fd77p-2;
  static final double LOG_2 = 0x1.24924941f4fccp-2;
  static final double LOG_3 = 0x1.c71c520606b9dp-3;
  static final double LOG_4 = 0x1.74663fa26a52ap-3;
  static final double LOG_5 = 0x1.39a1a6f0440ccp-3;
  static final double LOG_6 = 0x1.2f0634cbab87ap-3;

  // (sin(r)/r − 1)/r² in r², for |r| ≤ π/4; error 2^-57.2.
  static final double SIN_0 = -0x1.5555555555549p-3;
  static final double SIN_1 = 0x1.111111110f871p-7;
  static final double SIN_2 = -0x1.a01a019c105ccp-13;
  static final double SIN_3 = 0x1.71de357698489p-19;
  static final double SIN_4 = -0x1.ae5e6551d2a6ep-26;
  static final double SIN_5 = 0x1.5d92bb30afcefp-33;

  // (cos r − 1 + r²/2)/r⁴ in r², for |r| ≤ π/4; error 2^-59.5.
  static final double COS_0 = 0x1.555555555554bp-5;
  static final double COS_1 = -0x1.6c16c16c14f7fp-10;
  static final double COS_2 = 0x1.a01a019c82738p-16;
  static final double COS_3 = -0x1.27e4f7e963f14p-22;
  static final double COS_4 = 0x1.1ee9d6bf282a1p-29;
  static final double COS_5 = -0x1.8fa417d43b3e0p-37;

  // erf(x)/x − 1 in x², for |x| ≤ 1; error 2^-56.3.
  static final double ERF_0 = 0x1.06eba8214db69p-3;
  static final double ERF_1 = -0x1.812746b0379e6p-2;
  static final double ERF_2 = 0x1.ce2f21a042b20p-4;
  static final double ERF_3 = -0x1.b82ce3128499cp-6;
  static final double ERF_4 = 0x1.565bcd0db02e3p-8;
  static final double ERF_5 = -0x1.c02db3d8ed1f9p-11;
  static final double ERF_6 = 0x1.f9a321a11d2f6p-14;
  static final double ERF_7 = -0x1.f4d1df393e2c7p-17;
  static final double ERF_8 = 0x1.b9def19d42fefp-20;
  static final double ERF_9 = -0x1.5f1d36bc52b79p-23;
  static final double ERF_10 = 0x1.f7a411ee1b57ap-27;
  static final double ERF_11 = -0x1.386abfffff66ap-30;
  static final double ERF_12 = 0x1.0579a8a93ba56p-34;

  // ln(erfc(1 + u)) + (1 + u)² for 0 ≤ u ≤ 5; error 2^-57.6 in erf, so weighted by erfc/erf.
  static final double ERFC_0 = -0x1.b2ff7e4f54542p-1;
  static final double ERFC_1 = -0x1.4726c001b08dcp-1;
  static final double ERFC_2 = 0x1.4150fb975aab2p-3;
  static final double ERFC_3 = -0x1.5477f09c109a0p-5;
  static final double ERFC_4 = 0x1.48c9d3ed59cf9p-7;
  static final double ERFC_5 = -0x1.033f65e9b1771p-9;
  static final double ERFC_6 = 0x1.f1b3988f68f06p-13;
  static final double ERFC_7 = 0x1.b8dd43c0a6b9ap-16;
  static final double ERFC_8 = -0x1.c7a4c0e1c694fp-16;
  static final double ERFC_9 = 0x1.4263b259c99d9p-17;
  static final double ERFC_10 = -0x1.1451a62f66649p-19;
  static final double ERFC_11 = 0x1.310271cdea88ep-23;
  static final double ERFC_12 = 0x1.a52add5a2fe84p-24;
  static final double ERFC_13 = -0x1.c0fcd510dad7bp-25;
  static final double ERFC_14 = 0x1.017acd64b9721p-26;
  static final double ERFC_15 = -0x1.8c0bdfbc35cbep-29;
  static final double ERFC_16 = 0x1.97e28880304cfp-32;
  static final double ERFC_17 = -0x1.ff5cc55896b54p-36;
  static final double ERFC_18 = 0x1.2772bd294a4cbp-40;
}
