package nestor.autodiff.cpu;

/// Copies between a dense row-major array and a strided view of another array of the same type.
final class StridedCopy {
  private StridedCopy() {}

  /// Fills the dense `out` of shape `dims` from `in`, read at `offset` with `strides`.
  static void gather(int[] dims, Object in, int offset, int[] strides, Object out) {
    gather(dims, in, offset, strides, out, 0);
  }

  /// Fills the dense array of shape `dims` that begins at `to` in `out`.
  static void gather(int[] dims, Object in, int offset, int[] strides, Object out, int to) {
    Plan plan = Plan.of(dims, strides);
    plan.forRows(
        offset, (dense, view) -> copy(in, view, plan.stride, out, to + dense, 1, plan.length));
  }

  /// Writes the dense `in` of shape `dims` into `out` at `offset` with `strides`.
  static void scatter(int[] dims, Object in, Object out, int offset, int[] strides) {
    Plan plan = Plan.of(dims, strides);
    plan.forRows(offset, (dense, view) -> copy(in, dense, 1, out, view, plan.stride, plan.length));
  }

  /// One row: its first positions in the dense array and in the view.
  @FunctionalInterface
  private interface Row {
    void at(int dense, int view);
  }

  /// A copy as rows of equal length, after axes that are one in memory have been merged and axes of
  /// size 1 dropped.
  private record Plan(int[] dims, int[] strides, int length, int stride) {
    static Plan of(int[] dims, int[] strides) {
      int[] merged = new int[dims.length];
      int[] steps = new int[dims.length];
      int rank = 0;
      for (int axis = 0; axis < dims.length; axis++) {
        if (dims[axis] == 1) {
          continue;
        }
        if (rank > 0 && steps[rank - 1] == strides[axis] * dims[axis]) {
          merged[rank - 1] *= dims[axis];
          steps[rank - 1] = strides[axis];
        } else {
          merged[rank] = dims[axis];
          steps[rank++] = strides[axis];
        }
      }
      int outer = Math.max(0, rank - 1);
      return new Plan(
          java.util.Arrays.copyOf(merged, outer),
          java.util.Arrays.copyOf(steps, outer),
          rank == 0 ? 1 : merged[outer],
          rank == 0 ? 1 : steps[outer]);
    }

    void forRows(int offset, Row row) {
      int rows = 1;
      for (int dim : dims) {
        rows *= dim;
      }
      if (length == 0) {
        return;
      }
      int[] index = new int[dims.length];
      int view = offset;
      for (int r = 0; r < rows; r++) {
        row.at(r * length, view);
        for (int axis = dims.length - 1; axis >= 0; axis--) {
          view += strides[axis];
          if (++index[axis] < dims[axis]) {
            break;
          }
          view -= dims[axis] * strides[axis];
          index[axis] = 0;
        }
      }
    }
  }

  /// `length` elements of two arrays of one type, at given strides.
  static void copy(Object in, int from, int step, Object out, int to, int stride, int length) {
    if (step == 1 && stride == 1) {
      System.arraycopy(in, from, out, to, length);
      return;
    }
    switch (in) {
      case double[] x -> {
        double[] y = (double[]) out;
        for (int i = 0; i < length; i++) {
          y[to + i * stride] = x[from + i * step];
        }
      }
      case float[] x -> {
        float[] y = (float[]) out;
        for (int i = 0; i < length; i++) {
          y[to + i * stride] = x[from + i * step];
        }
      }
      case long[] x -> {
        long[] y = (long[]) out;
        for (int i = 0; i < length; i++) {
          y[to + i * stride] = x[from + i * step];
        }
      }
      case int[] x -> {
        int[] y = (int[]) out;
        for (int i = 0; i < length; i++) {
          y[to + i * stride] = x[from + i * step];
        }
      }
      default -> {
        boolean[] x = (boolean[]) in;
        boolean[] y = (boolean[]) out;
        for (int i = 0; i < length; i++) {
          y[to + i * stride] = x[from + i * step];
        }
      }
    }
  }
}
