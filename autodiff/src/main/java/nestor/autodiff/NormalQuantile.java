package nestor.autodiff;

/// The inverse of the standard normal distribution function, by the rational approximations of
/// Wichura, "Algorithm AS 241" (1988): relative error about 1e-16 in `double`, 1e-7 in `float`.
///
/// Only sums, products, quotients and square roots are used, each correctly rounded by every
/// conforming device, so the bits are the same everywhere.
final class NormalQuantile {
  private static final double[] CENTRE = {
    2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
    4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
    1.3314166789178437745e+2, 3.3871328727963666080e0
  };
  private static final double[] CENTRE_BELOW = {
    5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
    2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2,
    4.2313330701600911252e+1, 1
  };
  private static final double[] TAIL = {
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
    4.63033784615654529590e0, 1.42343711074968357734e0
  };
  private static final double[] TAIL_BELOW = {
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
    2.05319162663775882187e0, 1
  };
  private static final double[] FAR = {
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
    5.46378491116411436990e0, 6.65790464350110377720e0
  };
  private static final double[] FAR_BELOW = {
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1
  };

  private static final float[] CENTRE_F = {
    59.109374720f, 159.29113202f, 50.434271938f, 3.3871327179f
  };
  private static final float[] CENTRE_BELOW_F = {67.187563600f, 78.757757664f, 17.895169469f, 1};
  private static final float[] TAIL_F = {
    0.17023821103f, 1.3067284816f, 2.7568153900f, 1.4234372777f
  };
  private static final float[] TAIL_BELOW_F = {0.12021132975f, 0.73700164250f, 1};
  private static final float[] FAR_F = {
    0.017337203997f, 0.42868294337f, 3.0812263860f, 6.6579051150f
  };
  private static final float[] FAR_BELOW_F = {0.012258202635f, 0.24197894225f, 1};

  private NormalQuantile() {}

  /// The quantile of a probability in (0, 1).
  static double of(double p) {
    double q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      double r = 0.180625 - q * q;
      return q * polynomial(CENTRE, r) / polynomial(CENTRE_BELOW, r);
    }
    double r = Math.sqrt(-log(q < 0 ? p : 1 - p));
    double z =
        r <= 5
            ? polynomial(TAIL, r - 1.6) / polynomial(TAIL_BELOW, r - 1.6)
            : polynomial(FAR, r - 5) / polynomial(FAR_BELOW, r - 5);
    return q < 0 ? -z : z;
  }

  /// The quantile of a probability in (0, 1), in single precision throughout.
  static float of(float p) {
    float q = p - 0.5f;
    if (Math.abs(q) <= 0.425f) {
      float r = 0.180625f - q * q;
      return q * polynomial(CENTRE_F, r) / polynomial(CENTRE_BELOW_F, r);
    }
    float r = (float) Math.sqrt(-log(q < 0 ? p : 1 - p));
    float z =
        r <= 5
            ? polynomial(TAIL_F, r - 1.6f) / polynomial(TAIL_BELOW_F, r - 1.6f)
            : polynomial(FAR_F, r - 5) / polynomial(FAR_BELOW_F, r - 5);
    return q < 0 ? -z : z;
  }

  /// Horner's rule, highest coefficient first.
  private static double polynomial(double[] coefficients, double x) {
    double sum = coefficients[0];
    for (int i = 1; i < coefficients.length; i++) {
      sum = sum * x + coefficients[i];
    }
    return sum;
  }

  private static float polynomial(float[] coefficients, float x) {
    float sum = coefficients[0];
    for (int i = 1; i < coefficients.length; i++) {
      sum = sum * x + coefficients[i];
    }
    return sum;
  }

  /// The natural logarithm of a normal positive number x = 2ᵉ m with m near 1, as e ln 2 + 2
  /// artanh((m − 1) / (m + 1)) with the series of artanh.
  static double log(double x) {
    int exponent = Math.getExponent(x);
    double m = x * Double.longBitsToDouble((1023L - exponent) << 52);
    if (m > 1.4142135623730951) {
      m *= 0.5;
      exponent++;
    }
    double s = (m - 1) / (m + 1);
    double square = s * s;
    double sum = 0;
    for (int n = 23; n >= 1; n -= 2) {
      sum = sum * square + 1.0 / n;
    }
    return exponent * 0.6931471805599453 + 2 * s * sum;
  }

  private static float log(float x) {
    int exponent = Math.getExponent(x);
    float m = x * Float.intBitsToFloat((127 - exponent) << 23);
    if (m > 1.4142135f) {
      m *= 0.5f;
      exponent++;
    }
    float s = (m - 1) / (m + 1);
    float square = s * s;
    float sum = 0;
    for (int n = 11; n >= 1; n -= 2) {
      sum = sum * square + 1f / n;
    }
    return exponent * 0.69314718f + 2 * s * sum;
  }
}
