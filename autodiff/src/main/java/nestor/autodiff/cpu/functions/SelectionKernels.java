package nestor.autodiff.cpu.functions;

import nestor.autodiff.Compare;
import nestor.autodiff.Logical;

/// Comparisons, truth values and choices by them over equal positions of arrays, in plain loops.
public final class SelectionKernels {
  private SelectionKernels() {}

  /// Fills `[from, to)` with a comparison of two arrays of any one type: all six as `a = b`, `a <
  /// b` or `a ≤ b`, with operands exchanged or the result negated.
  public static void run(Compare op, Object a, Object b, boolean[] out, int from, int to) {
    switch (op) {
      case EQUAL -> equal(a, b, out, true, from, to);
      case NOT_EQUAL -> equal(a, b, out, false, from, to);
      case LESS -> less(a, b, out, from, to);
      case GREATER -> less(b, a, out, from, to);
      case LESS_EQUAL -> lessEqual(a, b, out, from, to);
      case GREATER_EQUAL -> lessEqual(b, a, out, from, to);
    }
  }

  private static void equal(
      Object left, Object right, boolean[] out, boolean wanted, int from, int to) {
    switch (left) {
      case double[] a -> {
        double[] b = (double[]) right;
        for (int i = from; i < to; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      case float[] a -> {
        float[] b = (float[]) right;
        for (int i = from; i < to; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      case long[] a -> {
        long[] b = (long[]) right;
        for (int i = from; i < to; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      case int[] a -> {
        int[] b = (int[]) right;
        for (int i = from; i < to; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
      default -> {
        boolean[] a = (boolean[]) left;
        boolean[] b = (boolean[]) right;
        for (int i = from; i < to; i++) {
          out[i] = (a[i] == b[i]) == wanted;
        }
      }
    }
  }

  private static void less(Object left, Object right, boolean[] out, int from, int to) {
    switch (left) {
      case double[] a -> {
        double[] b = (double[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] < b[i];
        }
      }
      case float[] a -> {
        float[] b = (float[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] < b[i];
        }
      }
      case long[] a -> {
        long[] b = (long[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] < b[i];
        }
      }
      default -> {
        int[] a = (int[]) left;
        int[] b = (int[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] < b[i];
        }
      }
    }
  }

  private static void lessEqual(Object left, Object right, boolean[] out, int from, int to) {
    switch (left) {
      case double[] a -> {
        double[] b = (double[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] <= b[i];
        }
      }
      case float[] a -> {
        float[] b = (float[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] <= b[i];
        }
      }
      case long[] a -> {
        long[] b = (long[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] <= b[i];
        }
      }
      default -> {
        int[] a = (int[]) left;
        int[] b = (int[]) right;
        for (int i = from; i < to; i++) {
          out[i] = a[i] <= b[i];
        }
      }
    }
  }

  /// Fills `[from, to)` with a function of two truth values.
  public static void run(Logical op, boolean[] a, boolean[] b, boolean[] out, int from, int to) {
    switch (op) {
      case AND -> {
        for (int i = from; i < to; i++) {
          out[i] = a[i] && b[i];
        }
      }
      case OR -> {
        for (int i = from; i < to; i++) {
          out[i] = a[i] || b[i];
        }
      }
      case XOR -> {
        for (int i = from; i < to; i++) {
          out[i] = a[i] ^ b[i];
        }
      }
    }
  }

  /// Fills `[from, to)` of an array of any type with elements of `yes` where the mask holds, of
  /// `no` elsewhere.
  public static void where(boolean[] mask, Object yes, Object no, Object array, int from, int to) {
    switch (array) {
      case double[] out -> {
        double[] a = (double[]) yes;
        double[] b = (double[]) no;
        for (int i = from; i < to; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      case float[] out -> {
        float[] a = (float[]) yes;
        float[] b = (float[]) no;
        for (int i = from; i < to; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      case long[] out -> {
        long[] a = (long[]) yes;
        long[] b = (long[]) no;
        for (int i = from; i < to; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      case int[] out -> {
        int[] a = (int[]) yes;
        int[] b = (int[]) no;
        for (int i = from; i < to; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
      default -> {
        boolean[] out = (boolean[]) array;
        boolean[] a = (boolean[]) yes;
        boolean[] b = (boolean[]) no;
        for (int i = from; i < to; i++) {
          out[i] = mask[i] ? a[i] : b[i];
        }
      }
    }
  }

  /// Fills `[from, to)` of an array of floating numbers with 1 where the mask holds, else 0.
  public static void numbers(boolean[] mask, Object array, int from, int to) {
    if (array instanceof double[] out) {
      for (int i = from; i < to; i++) {
        out[i] = mask[i] ? 1 : 0;
      }
    } else {
      float[] out = (float[]) array;
      for (int i = from; i < to; i++) {
        out[i] = mask[i] ? 1 : 0;
      }
    }
  }

  /// Fills `[from, to)` with whether floating numbers are not 0.
  public static void truths(Object array, boolean[] out, int from, int to) {
    if (array instanceof double[] x) {
      for (int i = from; i < to; i++) {
        out[i] = x[i] != 0;
      }
    } else {
      float[] x = (float[]) array;
      for (int i = from; i < to; i++) {
        out[i] = x[i] != 0;
      }
    }
  }
}
