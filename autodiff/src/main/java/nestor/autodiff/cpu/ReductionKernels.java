package nestor.autodiff.cpu;

import nestor.autodiff.ArgReduce;
import nestor.autodiff.Cells;
import nestor.autodiff.CumulativeSum;
import nestor.autodiff.Operand;
import nestor.autodiff.Reduce;
import nestor.autodiff.TensorType;

/// Reductions of any axes, as reductions of the middle one of three.
final class ReductionKernels {
  private ReductionKernels() {}

  /// Groups of neighbouring axes are reduced one after the other, the last one first.
  static Object reduce(Workers workers, Reduce op, Operand x, TensorType result) {
    int[] dims = x.shape().toArray();
    Object array = x.stored();
    for (int last = op.axes().length() - 1; last >= 0; ) {
      int first = last;
      while (first > 0 && op.axes().get(first - 1) == op.axes().get(first) - 1) {
        first--;
      }
      int from = op.axes().get(first);
      int to = op.axes().get(last) + 1;
      Reductions view =
          new Reductions(
              product(dims, 0, from), product(dims, from, to), product(dims, to, dims.length));
      array = reduce(workers, op.kind(), view, array);
      java.util.Arrays.fill(dims, from, to, 1);
      last = first - 1;
    }
    return array;
  }

  private static Object reduce(Workers workers, Reduce.Kind kind, Reductions view, Object array) {
    boolean sum = kind == Reduce.Kind.SUM;
    int size = view.outer() * view.inner();
    switch (array) {
      case double[] x -> {
        double[] y = new double[size];
        if (sum) {
          view.sum(workers, x, 0, y, 0);
        } else {
          view.max(workers, x, 0, y, 0);
        }
        return y;
      }
      case float[] x -> {
        float[] y = new float[size];
        if (sum) {
          view.sum(workers, x, 0, y, 0);
        } else {
          view.max(workers, x, 0, y, 0);
        }
        return y;
      }
      case long[] x -> {
        long[] y = new long[size];
        if (sum) {
          view.sum(workers, x, 0, y, 0);
        } else {
          view.max(workers, x, 0, y, 0);
        }
        return y;
      }
      default -> {
        int[] x = (int[]) array;
        int[] y = new int[size];
        if (sum) {
          view.sum(workers, x, 0, y, 0);
        } else {
          view.max(workers, x, 0, y, 0);
        }
        return y;
      }
    }
  }

  static Object cumulativeSum(Workers workers, CumulativeSum op, Operand x, TensorType result) {
    Reductions view = around(x, op.axis());
    boolean forward = op.direction() == CumulativeSum.Direction.FORWARD;
    Object array = Cells.newArray(result);
    switch (array) {
      case double[] y -> {
        if (forward) {
          view.cumulativeSum(workers, (double[]) x.stored(), 0, y, 0);
        } else {
          view.reverseCumulativeSum(workers, (double[]) x.stored(), 0, y, 0);
        }
      }
      case float[] y -> {
        if (forward) {
          view.cumulativeSum(workers, (float[]) x.stored(), 0, y, 0);
        } else {
          view.reverseCumulativeSum(workers, (float[]) x.stored(), 0, y, 0);
        }
      }
      default -> {
        Cells in = new Cells(x.type(), x.stored());
        op.forward(new Cells[] {in}, new Cells(result, array));
      }
    }
    return array;
  }

  static Object argReduce(Workers workers, ArgReduce op, Operand x, TensorType result) {
    Reductions view = around(x, op.axis());
    boolean max = op.kind() == ArgReduce.Kind.ARGMAX;
    long[] y = new long[result.shape().size()];
    switch (x.stored()) {
      case double[] in -> {
        if (max) {
          view.argmax(workers, in, 0, y, 0);
        } else {
          view.argmin(workers, in, 0, y, 0);
        }
      }
      case float[] in -> {
        if (max) {
          view.argmax(workers, in, 0, y, 0);
        } else {
          view.argmin(workers, in, 0, y, 0);
        }
      }
      default -> {
        Cells in = new Cells(x.type(), x.stored());
        op.forward(new Cells[] {in}, new Cells(result, y));
      }
    }
    return y;
  }

  private static Reductions around(Operand x, int axis) {
    int[] dims = x.shape().toArray();
    return new Reductions(product(dims, 0, axis), dims[axis], product(dims, axis + 1, dims.length));
  }

  private static int product(int[] dims, int from, int to) {
    int product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= dims[axis];
    }
    return product;
  }
}
