package nestor.autodiff.cpu;

import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorType;

/// Comparisons, choice by a mask and conversion of element types.
final class SelectionKernels {
  private SelectionKernels() {}

  /// All six comparisons as `a = b`, `a < b` or `a ≤ b`, with operands exchanged or the result
  /// negated.
  static Object compare(Compare op, Operand[] in, TensorType result) {
    TensorType operand = new TensorType(in[0].dtype(), result.shape());
    Object a = MoveKernels.broadcast(in[0], operand);
    Object b = MoveKernels.broadcast(in[1], operand);
    boolean[] out = new boolean[result.shape().size()];
    switch (op) {
      case EQUAL -> equal(a, b, out, true);
      case NOT_EQUAL -> equal(a, b, out, false);
      case LESS -> less(a, b, out);
      case GREATER -> less(b, a, out);
      case LESS_EQUAL -> lessEqual(a, b, out);
      case GREATER_EQUAL -> lessEqual(b, a, out);
    }
    return out;
  }

  private static void equal(Object left, Object right, boolean[] out, boolean wanted) {
    switch (left) {
      case double[] a -> {
        double[] b = (double[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      case float[] a -> {
        float[] b = (float[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      case long[] a -> {
        long[] b = (long[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      case int[] a -> {
        int[] b = (int[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      default -> {
        boolean[] a = (boolean[]) left;
        boolean[] b = (boolean[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
    }
  }

  private static void less(Object left, Object right, boolean[] out) {
    switch (left) {
      case double[] a -> {
        double[] b = (double[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] < b[i];
        }
      }
      case float[] a -> {
        float[] b = (float[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] < b[i];
        }
      }
      case long[] a -> {
        long[] b = (long[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] < b[i];
        }
      }
      default -> {
        int[] a = (int[]) left;
        int[] b = (int[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] < b[i];
        }
      }
    }
  }

  private static void lessEqual(Object left, Object right, boolean[] out) {
    switch (left) {
      case double[] a -> {
        double[] b = (double[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] <= b[i];
        }
      }
      case float[] a -> {
        float[] b = (float[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] <= b[i];
        }
      }
      case long[] a -> {
        long[] b = (long[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] <= b[i];
        }
      }
      default -> {
        int[] a = (int[]) left;
        int[] b = (int[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = a[i] <= b[i];
        }
      }
    }
  }

  static Object where(Operand[] in, TensorType result) {
    boolean[] mask =
        (boolean[]) MoveKernels.broadcast(in[0], new TensorType(in[0].dtype(), result.shape()));
    Object left = MoveKernels.broadcast(in[1], result);
    Object right = MoveKernels.broadcast(in[2], result);
    Object array = Cells.newArray(result);
    switch (array) {
      case double[] out -> {
        double[] a = (double[]) left;
        double[] b = (double[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      case float[] out -> {
        float[] a = (float[]) left;
        float[] b = (float[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      case long[] out -> {
        long[] a = (long[]) left;
        long[] b = (long[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      case int[] out -> {
        int[] a = (int[]) left;
        int[] b = (int[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      default -> {
        boolean[] out = (boolean[]) array;
        boolean[] a = (boolean[]) left;
        boolean[] b = (boolean[]) right;
        for (int i = 0; i < out.length; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
    }
    return array;
  }

  /// The conversions of training loops as loops of their own; the others run the definition.
  static Object cast(Cast op, Operand x, TensorType result) {
    if (x.dtype() == op.to()) {
      return x.stored();
    }
    Object array = Cells.newArray(result);
    cast(op, x, result, array);
    return array;
  }

  /// The same into an array of the result's size.
  static void cast(Cast op, Operand x, TensorType result, Object array) {
    if (x.stored() instanceof double[] in && array instanceof float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) in[i];
      }
    } else if (x.stored() instanceof float[] in && array instanceof double[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = in[i];
      }
    } else if (x.stored() instanceof boolean[] in && array instanceof double[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = in[i] ? 1 : 0;
      }
    } else if (x.stored() instanceof boolean[] in && array instanceof float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = in[i] ? 1 : 0;
      }
    } else {
      op.forward(new Cells[] {new Cells(x.type(), x.stored())}, new Cells(result, array));
    }
  }
}
