package nestor.autodiff.cpu.functions;

import java.util.function.DoubleUnaryOperator;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Unary;

/// Functions of one floating operand, one case and one kernel each, for `double[]` and `float[]`.
///
/// Arithmetic is plain loops over equal positions of both arrays: C2 vectorises them by itself, for
/// sums, products and maxima as fast as the Vector API (quotients and roots take up to twice as
/// long), and a cold one costs no more than an interpreted loop, where cold vectors cost thousands.
/// What needs polynomials is in [Elementary] and [VectorElementary].
public final class UnaryKernels {
  /// Elements from which the Vector API pays for a function of [Elementary], its slow first calls
  /// included.
  private static final int VECTOR_FROM = 1024;

  private UnaryKernels() {}

  /// Fills `[from, to)` of y and gives y back, so that the compiler demands a case for each
  /// operator.
  public static Object run(Unary op, Object x, Object y, int from, int to) {
    return switch (op) {
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
      case ATAN -> each(StrictMath::atan, x, y, from, to);
      case TANH -> function(Elementary.Function.TANH, x, y, from, to);
      case SIGMOID -> function(Elementary.Function.SIGMOID, x, y, from, to);
      case SOFTPLUS -> function(Elementary.Function.SOFTPLUS, x, y, from, to);
      case ERF -> function(Elementary.Function.ERF, x, y, from, to);
    };
  }

  /// The same for a function that jumps.
  public static Object run(PiecewiseConstant op, Object x, Object y, int from, int to) {
    return switch (op) {
      case SIGN -> sign(x, y, from, to);
      case FLOOR -> floor(x, y, from, to);
      case CEIL -> ceil(x, y, from, to);
      case ROUND -> round(x, y, from, to);
    };
  }

  private static Object function(
      Elementary.Function function, Object x, Object y, int from, int to) {
    boolean vector = VectorSupport.AVAILABLE && to - from >= VECTOR_FROM;
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      if (vector) {
        VectorElementary.apply(function, in, out, from, to);
      } else {
        Elementary.apply(function, in, out, from, to);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      if (vector) {
        VectorFloatElementary.apply(function, in, out, from, to);
      } else {
        FloatElementary.apply(function, in, out, from, to);
      }
    }
    return y;
  }

  /// A function that nothing spends its time in, element by element; it must give the same bits
  /// everywhere, as those of `StrictMath` do.
  private static Object each(DoubleUnaryOperator f, Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = f.applyAsDouble(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = (float) f.applyAsDouble(in[i]);
      }
    }
    return y;
  }

  private static Object negate(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = -in[i];
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = -in[i];
      }
    }
    return y;
  }

  private static Object sqrt(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = Math.sqrt(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = (float) Math.sqrt(in[i]);
      }
    }
    return y;
  }

  private static Object rsqrt(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = 1 / Math.sqrt(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = 1 / (float) Math.sqrt(in[i]);
      }
    }
    return y;
  }

  private static Object reciprocal(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = 1 / in[i];
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = 1 / in[i];
      }
    }
    return y;
  }

  private static Object abs(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = Math.abs(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = Math.abs(in[i]);
      }
    }
    return y;
  }

  private static Object square(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = in[i] * in[i];
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = in[i] * in[i];
      }
    }
    return y;
  }

  private static Object relu(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = in[i] <= 0 ? 0 : in[i];
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = in[i] <= 0 ? 0 : in[i];
      }
    }
    return y;
  }

  private static Object sign(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = in[i] > 0 ? 1 : in[i] < 0 ? -1 : in[i];
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = in[i] > 0 ? 1 : in[i] < 0 ? -1 : in[i];
      }
    }
    return y;
  }

  private static Object floor(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = Math.floor(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = (float) Math.floor(in[i]);
      }
    }
    return y;
  }

  private static Object ceil(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = Math.ceil(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = (float) Math.ceil(in[i]);
      }
    }
    return y;
  }

  private static Object round(Object x, Object y, int from, int to) {
    if (x instanceof double[] in) {
      double[] out = (double[]) y;
      for (int i = from; i < to; i++) {
        out[i] = Math.rint(in[i]);
      }
    } else {
      float[] in = (float[]) x;
      float[] out = (float[]) y;
      for (int i = from; i < to; i++) {
        out[i] = (float) Math.rint(in[i]);
      }
    }
    return y;
  }
}
