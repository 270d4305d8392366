package nestor.autodiff.plan;

import java.util.Arrays;
import nestor.autodiff.Permute;
import nestor.autodiff.Shape;
import nestor.autodiff.Slice;
import org.jspecify.annotations.Nullable;

/// How a tensor lies in memory: the element at an index is at the offset plus the sum of indices
/// times strides.
///
/// @param dims the sizes of the axes
/// @param strides the distance of neighbours along each axis; 0 where elements are repeated
/// @param offset the position of the first element
record View(int[] dims, int[] strides, int offset) {
  /// Row-major order from position 0.
  static View of(Shape shape) {
    return new View(shape.toArray(), shape.strides(), 0);
  }

  int size() {
    int size = 1;
    for (int dim : dims) {
      size *= dim;
    }
    return size;
  }

  /// Repeated along new leading axes and axes of size 1.
  View broadcast(int[] target) {
    int[] result = new int[target.length];
    int shift = target.length - dims.length;
    for (int i = 0; i < dims.length; i++) {
      result[i + shift] = dims[i] == target[i + shift] ? strides[i] : 0;
    }
    return new View(target, result, offset);
  }

  View permute(Permute op) {
    int[] axes = op.axes().toArray();
    return new View(
        Arrays.stream(axes).map(axis -> dims[axis]).toArray(),
        Arrays.stream(axes).map(axis -> strides[axis]).toArray(),
        offset);
  }

  View slice(Slice op, Shape result) {
    int[] steps = strides.clone();
    int from = offset;
    for (int axis = 0; axis < steps.length; axis++) {
      from += op.start().get(axis) * strides[axis];
      steps[axis] *= op.step().get(axis);
    }
    return new View(result.toArray(), steps, from);
  }

  /// The last two axes exchanged.
  View transposed() {
    int[] d = dims.clone();
    int[] s = strides.clone();
    int last = d.length - 1;
    d[last] = dims[last - 1];
    d[last - 1] = dims[last];
    s[last] = strides[last - 1];
    s[last - 1] = strides[last];
    return new View(d, s, offset);
  }

  /// What is at index 0 of the first axis.
  View first() {
    return new View(
        Arrays.copyOfRange(dims, 1, dims.length),
        Arrays.copyOfRange(strides, 1, dims.length),
        offset);
  }

  /// With one more axis at a place.
  View insert(int axis, int dim, int stride) {
    int[] d = new int[dims.length + 1];
    int[] s = new int[dims.length + 1];
    for (int i = 0; i < d.length; i++) {
      d[i] = i == axis ? dim : dims[i < axis ? i : i - 1];
      s[i] = i == axis ? stride : strides[i < axis ? i : i - 1];
    }
    return new View(d, s, offset);
  }

  /// The same elements in row-major order under other axes, or null if no strides lead to them.
  @Nullable View reshape(int[] target) {
    if (size() == 0) {
      return new View(target, new int[target.length], offset);
    }
    View flat = collapsed();
    int[] rest = flat.dims.clone();
    int[] steps = flat.strides.clone();
    int at = rest.length - 1;
    int[] result = new int[target.length];
    for (int axis = target.length - 1; axis >= 0; axis--) {
      if (target[axis] == 1) {
        continue;
      }
      while (at >= 0 && rest[at] == 1) {
        at--;
      }
      if (at < 0 || rest[at] % target[axis] != 0) {
        return null;
      }
      result[axis] = steps[at];
      rest[at] /= target[axis];
      steps[at] *= target[axis];
    }
    return new View(target, result, offset);
  }

  /// The same elements in the same order with as few axes as possible, none of size 1.
  View collapsed() {
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
    return new View(Arrays.copyOf(merged, rank), Arrays.copyOf(steps, rank), offset);
  }

  /// Whether the elements follow one another in row-major order.
  boolean isContiguous() {
    View flat = collapsed();
    return flat.dims.length == 0 || (flat.dims.length == 1 && flat.strides[0] == 1);
  }

  /// Whether these are the elements of an array from its first to its last, in order.
  boolean isWhole() {
    return offset == 0 && isContiguous();
  }

  /// How many of the last elements of the row-major order are neighbours in memory or all the same;
  /// rows of this many columns, or of any divisor, have one stride.
  int run() {
    View flat = collapsed();
    int last = flat.dims.length - 1;
    if (last < 0) {
      return 1;
    }
    return flat.strides[last] == 0 || flat.strides[last] == 1 ? flat.dims[last] : 1;
  }

  /// The stride of columns when the elements are cut into rows of `columns`, a divisor of [#run].
  int columnStride(int columns) {
    View flat = collapsed();
    return columns == 1 ? 0 : flat.strides[flat.dims.length - 1];
  }

  /// The first elements of the rows when the elements are cut into rows of `columns`.
  View rows(int columns) {
    View flat = collapsed();
    int last = flat.dims.length - 1;
    if (columns == 1 || last < 0) {
      return flat;
    }
    int[] d = flat.dims.clone();
    int[] s = flat.strides.clone();
    d[last] /= columns;
    s[last] *= columns;
    return new View(d, s, offset).collapsed();
  }

  /// The positions of all elements in row-major order, without the offset.
  int[] positions() {
    int[] result = new int[size()];
    int[] index = new int[dims.length];
    int position = 0;
    for (int i = 0; i < result.length; i++) {
      result[i] = position;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        position += strides[axis];
        if (++index[axis] < dims[axis]) {
          break;
        }
        position -= dims[axis] * strides[axis];
        index[axis] = 0;
      }
    }
    return result;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof View view
        && offset == view.offset
        && Arrays.equals(dims, view.dims)
        && Arrays.equals(strides, view.strides);
  }

  @Override
  public int hashCode() {
    return (Arrays.hashCode(dims) * 31 + Arrays.hashCode(strides)) * 31 + offset;
  }
}
