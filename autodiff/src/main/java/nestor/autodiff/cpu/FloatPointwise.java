package nestor.autodiff.cpu;

import nestor.autodiff.Binary;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Unary;

/// Pointwise kernels on `float`, each a plain loop over elements at equal positions of all arrays: such
/// loops C2 vectorises by itself, as fast as the Vector API does, and a cold one costs no more than an
/// interpreted loop. Functions with polynomials are in [Elementary] and [VectorElementary].
final class FloatPointwise {
  /// Elements from which the Vector API pays for a function of [Elementary], its slow first calls
  /// included.
  private static final int VECTOR_FROM = 1024;

  private FloatPointwise() {}

  static void unary(Unary op, float[] x, float[] y, int from, int to) {
    switch (op) {
      case NEG -> negate(x, y, from, to);
      case SQRT -> sqrt(x, y, from, to);
      case RSQRT -> rsqrt(x, y, from, to);
      case RECIPROCAL -> reciprocal(x, y, from, to);
      case ABS -> abs(x, y, from, to);
      case SQUARE -> square(x, y, from, to);
      case RELU -> relu(x, y, from, to);
      case EXP -> function(Elementary.Function.EXP, x, y, from, to);
      case EXPM1 -> function(Elementary.Function.EXPM1, x, y, from, to);
      case LOG -> function(Elementary.Function.LOG, x, y, from, to);
      case LOG1P -> function(Elementary.Function.LOG1P, x, y, from, to);
      case SIN -> function(Elementary.Function.SIN, x, y, from, to);
      case COS -> function(Elementary.Function.COS, x, y, from, to);
      case TANH -> function(Elementary.Function.TANH, x, y, from, to);
      case SIGMOID -> function(Elementary.Function.SIGMOID, x, y, from, to);
      case SOFTPLUS -> function(Elementary.Function.SOFTPLUS, x, y, from, to);
      case ERF -> function(Elementary.Function.ERF, x, y, from, to);
    }
  }

  private static void function(
      Elementary.Function function, float[] x, float[] y, int from, int to) {
    if (VectorSupport.AVAILABLE && to - from >= VECTOR_FROM) {
      VectorElementary.apply(function, x, y, from, to);
    } else {
      Elementary.apply(function, x, y, from, to);
    }
  }

  private static void negate(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = -x[i];
    }
  }

  private static void sqrt(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) Math.sqrt(x[i]);
    }
  }

  private static void rsqrt(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) (1 / Math.sqrt(x[i]));
    }
  }

  private static void reciprocal(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = 1 / x[i];
    }
  }

  private static void abs(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.abs(x[i]);
    }
  }

  private static void square(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = x[i] * x[i];
    }
  }

  private static void relu(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = x[i] <= 0 ? 0 : x[i];
    }
  }

  static void step(PiecewiseConstant op, float[] x, float[] y, int from, int to) {
    switch (op) {
      case SIGN -> {
        for (int i = from; i < to; i++) {
          y[i] = x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i];
        }
      }
      case FLOOR -> {
        for (int i = from; i < to; i++) {
          y[i] = (float) Math.floor(x[i]);
        }
      }
      case CEIL -> {
        for (int i = from; i < to; i++) {
          y[i] = (float) Math.ceil(x[i]);
        }
      }
      case ROUND -> {
        for (int i = from; i < to; i++) {
          y[i] = (float) Math.rint(x[i]);
        }
      }
    }
  }

  static void binary(Binary op, float[] a, float[] b, float[] y, int from, int to) {
    switch (op) {
      case ADD -> plus(a, b, y, from, to);
      case SUB -> minus(a, b, y, from, to);
      case MUL -> times(a, b, y, from, to);
      case DIV -> div(a, b, y, from, to);
      case POW -> pow(a, b, y, from, to);
      case MAXIMUM -> maximum(a, b, y, from, to);
      case MINIMUM -> minimum(a, b, y, from, to);
    }
  }

  private static void plus(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] + b[i];
    }
  }

  private static void minus(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] - b[i];
    }
  }

  private static void times(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] * b[i];
    }
  }

  private static void div(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] / b[i];
    }
  }

  private static void pow(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) StrictMath.pow(a[i], b[i]);
    }
  }

  private static void maximum(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.max(a[i], b[i]);
    }
  }

  private static void minimum(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.min(a[i], b[i]);
    }
  }

  /// The operator with one number on the right.
  static void binary(Binary op, float[] a, float b, float[] y, int from, int to) {
    switch (op) {
      case ADD -> plus(a, b, y, from, to);
      case SUB -> minus(a, b, y, from, to);
      case MUL -> times(a, b, y, from, to);
      case DIV -> div(a, b, y, from, to);
      case POW -> pow(a, b, y, from, to);
      case MAXIMUM -> maximum(a, b, y, from, to);
      case MINIMUM -> minimum(a, b, y, from, to);
    }
  }

  private static void plus(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] + b;
    }
  }

  private static void minus(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] - b;
    }
  }

  private static void times(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] * b;
    }
  }

  private static void div(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] / b;
    }
  }

  private static void pow(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) StrictMath.pow(a[i], b);
    }
  }

  private static void maximum(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.max(a[i], b);
    }
  }

  private static void minimum(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.min(a[i], b);
    }
  }

  /// The operator with one number on the left.
  static void binary(Binary op, float a, float[] b, float[] y, int from, int to) {
    switch (op) {
      case ADD, MUL, MAXIMUM, MINIMUM -> binary(op, b, a, y, from, to);
      case SUB -> minus(a, b, y, from, to);
      case DIV -> div(a, b, y, from, to);
      case POW -> pow(a, b, y, from, to);
    }
  }

  private static void minus(float a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a - b[i];
    }
  }

  private static void div(float a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a / b[i];
    }
  }

  private static void pow(float a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) StrictMath.pow(a, b[i]);
    }
  }
}
