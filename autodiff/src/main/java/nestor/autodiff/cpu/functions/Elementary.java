package nestor.autodiff.cpu.functions;

import java.util.Objects;

/// Elementary functions in float64 whose bits are the same on every machine.
///
/// Errors stay below 2 ulp over the whole range; limits, the signs of zeros and NaN are those of
/// IEEE 754. [VectorElementary] does the same operations in the same order on several numbers at
/// once and returns the same bits. For float32 there is [FloatFunctions].
public final class Elementary {
  /// The functions that [#apply] and its kin can map over an array.
  public enum Function {
    EXP,
    EXPM1,
    LOG,
    LOG1P,
    SIN,
    COS,
    TANH,
    SIGMOID,
    SOFTPLUS,
    ERF
  }

  private Elementary() {}

  /// e^x.
  static double exp(double x) {
    return ExpLog.exp(x);
  }

  /// e^x − 1, accurate near 0.
  static double expm1(double x) {
    return ExpLog.expm1(x);
  }

  /// The natural logarithm.
  static double log(double x) {
    return ExpLog.log(x);
  }

  /// ln(1 + x), accurate near 0.
  static double log1p(double x) {
    return ExpLog.log1p(x);
  }

  /// The sine.
  static double sin(double x) {
    return Trigonometric.sin(x);
  }

  /// The cosine.
  static double cos(double x) {
    return Trigonometric.cos(x);
  }

  /// The hyperbolic tangent.
  static double tanh(double x) {
    return ExpLog.tanh(x);
  }

  /// 1/(1 + e^-x).
  static double sigmoid(double x) {
    return ExpLog.sigmoid(x);
  }

  /// ln(1 + e^x).
  static double softplus(double x) {
    return ExpLog.softplus(x);
  }

  /// The error function.
  static double erf(double x) {
    return ErrorFunction.erf(x);
  }

  /// The function's value at one number.
  static double at(Function function, double x) {
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
  public static void apply(Function function, double[] x, double[] y, int from, int to) {
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

  private static void exp(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.exp(x[i]);
    }
  }

  private static void expm1(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.expm1(x[i]);
    }
  }

  private static void log(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.log(x[i]);
    }
  }

  private static void log1p(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.log1p(x[i]);
    }
  }

  private static void sin(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Trigonometric.sin(x[i]);
    }
  }

  private static void cos(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Trigonometric.cos(x[i]);
    }
  }

  private static void tanh(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.tanh(x[i]);
    }
  }

  private static void sigmoid(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.sigmoid(x[i]);
    }
  }

  private static void softplus(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ExpLog.softplus(x[i]);
    }
  }

  private static void erf(double[] x, double[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = ErrorFunction.erf(x[i]);
    }
  }
}
