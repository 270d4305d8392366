package nestor.autodiff.cpu.functions;

import nestor.autodiff.Binary;

/// Functions of two floating operands, one case and one kernel each, for `double[]` and `float[]`.
/// An operand of length 1 is one number for all elements; else all arrays are read at equal
/// positions, in plain loops that C2 vectorises by itself.
public final class BinaryKernels {
  private BinaryKernels() {}

  /// Fills `[from, to)` of y and gives y back, so that the compiler demands a case for each
  /// operator.
  public static Object run(Binary op, Object a, Object b, Object y, int from, int to) {
    return switch (op) {
      case ADD -> plus(a, b, y, from, to);
      case SUB -> minus(a, b, y, from, to);
      case MUL -> times(a, b, y, from, to);
      case DIV -> div(a, b, y, from, to);
      case POW -> pow(a, b, y, from, to);
      case MAXIMUM -> maximum(a, b, y, from, to);
      case MINIMUM -> minimum(a, b, y, from, to);
    };
  }

  private static Object plus(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] + q[i];
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] + number;
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number + q[i];
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] + q[i];
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] + number;
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number + q[i];
        }
      }
    }
    return y;
  }

  private static Object minus(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] - q[i];
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] - number;
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number - q[i];
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] - q[i];
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] - number;
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number - q[i];
        }
      }
    }
    return y;
  }

  private static Object times(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] * q[i];
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] * number;
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number * q[i];
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] * q[i];
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] * number;
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number * q[i];
        }
      }
    }
    return y;
  }

  private static Object div(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] / q[i];
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] / number;
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number / q[i];
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = p[i] / q[i];
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = p[i] / number;
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = number / q[i];
        }
      }
    }
    return y;
  }

  private static Object pow(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = StrictMath.pow(p[i], q[i]);
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = StrictMath.pow(p[i], number);
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = StrictMath.pow(number, q[i]);
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = (float) StrictMath.pow(p[i], q[i]);
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = (float) StrictMath.pow(p[i], number);
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = (float) StrictMath.pow(number, q[i]);
        }
      }
    }
    return y;
  }

  private static Object maximum(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = Math.max(p[i], q[i]);
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.max(p[i], number);
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.max(number, q[i]);
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = Math.max(p[i], q[i]);
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.max(p[i], number);
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.max(number, q[i]);
        }
      }
    }
    return y;
  }

  private static Object minimum(Object a, Object b, Object y, int from, int to) {
    if (y instanceof double[] out) {
      double[] p = (double[]) a;
      double[] q = (double[]) b;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = Math.min(p[i], q[i]);
        }
      } else if (q.length == 1) {
        double number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.min(p[i], number);
        }
      } else {
        double number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.min(number, q[i]);
        }
      }
    } else {
      float[] p = (float[]) a;
      float[] q = (float[]) b;
      float[] out = (float[]) y;
      if (p.length == out.length && q.length == out.length) {
        for (int i = from; i < to; i++) {
          out[i] = Math.min(p[i], q[i]);
        }
      } else if (q.length == 1) {
        float number = q[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.min(p[i], number);
        }
      } else {
        float number = p[0];
        for (int i = from; i < to; i++) {
          out[i] = Math.min(number, q[i]);
        }
      }
    }
    return y;
  }
}
