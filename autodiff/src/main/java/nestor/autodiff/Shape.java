package nestor.autodiff;

import java.util.Arrays;

/// The sizes of a tensor's axes, outermost first; rank 0 is a single number.
public final class Shape {
  /// The shape of a single number.
  public static final Shape SCALAR = new Shape(new int[0]);

  private final int[] dims;
  private final int size;

  private Shape(int[] dims) {
    this.dims = dims;
    long product = 1;
    for (int dim : dims) {
      if (dim < 0) {
        throw new Mismatch("an axis cannot have the negative size " + dim + " in " + text(dims));
      }
      product *= dim;
      if (product > Integer.MAX_VALUE) {
        throw new Mismatch(text(dims) + " has more than 2^31 - 1 elements");
      }
    }
    this.size = (int) product;
  }

  /// A shape with these axis sizes, none of them negative and their product below 2³¹.
  public static Shape of(int... dims) {
    try {
      return ofOperand(dims);
    } catch (Mismatch mismatch) {
      throw TensorException.at("shape: " + mismatch.getMessage());
    }
  }

  /// A shape whose mistakes are those of an operator.
  static Shape ofOperand(int... dims) {
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  /// The number of axes.
  public int rank() {
    return dims.length;
  }

  /// The number of elements.
  public int size() {
    return size;
  }

  /// The size of an axis; negative axes count from the end.
  public int dim(int axis) {
    try {
      return dims[axis(axis)];
    } catch (Mismatch mismatch) {
      throw TensorException.at("dim: " + mismatch.getMessage());
    }
  }

  /// The sizes of all axes, in a new array.
  public int[] toArray() {
    return dims.clone();
  }

  /// The axis as a number from 0 to rank − 1; negative axes count from the end.
  int axis(int axis) {
    int positive = axis < 0 ? axis + dims.length : axis;
    if (positive < 0 || positive >= dims.length) {
      throw new Mismatch(
          dims.length == 0
              ? "axis " + axis + " asked of a single number, which has no axes"
              : "axis %d asked of %s, whose axes are %d to %d"
                  .formatted(axis, this, -dims.length, dims.length - 1));
    }
    return positive;
  }

  /// Distinct axes in increasing order; none given means all of them.
  int[] axes(int... given) {
    if (given.length == 0) {
      int[] all = new int[dims.length];
      Arrays.setAll(all, i -> i);
      return all;
    }
    int[] sorted = new int[given.length];
    for (int i = 0; i < given.length; i++) {
      sorted[i] = axis(given[i]);
    }
    Arrays.sort(sorted);
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i] == sorted[i - 1]) {
        throw new Mismatch("axis " + sorted[i] + " is given twice in " + text(given));
      }
    }
    return sorted;
  }

  /// Row-major strides in elements.
  public int[] strides() {
    int[] strides = new int[dims.length];
    int stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strides;
  }

  /// Strides with which a tensor of this shape is read as if it had the shape `target`: NumPy
  /// broadcasting, stride 0 along stretched axes.
  public int[] stridesIn(Shape target) {
    int[] own = strides();
    int[] result = new int[target.rank()];
    int shift = target.rank() - dims.length;
    for (int i = 0; i < dims.length; i++) {
      result[i + shift] = dims[i] == 1 && target.dims[i + shift] != 1 ? 0 : own[i];
    }
    return result;
  }

  /// The common shape of two operands under NumPy's broadcasting rules.
  Shape broadcast(Shape other) {
    if (Arrays.equals(dims, other.dims)) {
      return this;
    }
    int rank = Math.max(dims.length, other.dims.length);
    int[] result = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int a = i <= dims.length ? dims[dims.length - i] : 1;
      int b = i <= other.dims.length ? other.dims[other.dims.length - i] : 1;
      if (a != b && a != 1 && b != 1) {
        throw new Mismatch(
            "%s and %s cannot be broadcast together: axis %d has sizes %d and %d"
                .formatted(this, other, -i, a, b));
      }
      result[rank - i] = a == 1 ? b : a;
    }
    return new Shape(result);
  }

  /// This shape with one more axis in front.
  Shape prepend(int dim) {
    int[] result = new int[dims.length + 1];
    result[0] = dim;
    System.arraycopy(dims, 0, result, 1, dims.length);
    return new Shape(result);
  }

  /// This shape without its first axis.
  Shape dropFirst() {
    return dims.length == 1 ? SCALAR : new Shape(Arrays.copyOfRange(dims, 1, dims.length));
  }

  /// The axes from `from` to `to` (excluded).
  Shape range(int from, int to) {
    return of(Arrays.copyOfRange(dims, from, to));
  }

  /// This shape with the axes of `other` behind its own.
  Shape plus(Shape other) {
    int[] result = Arrays.copyOf(dims, dims.length + other.dims.length);
    System.arraycopy(other.dims, 0, result, dims.length, other.dims.length);
    return new Shape(result);
  }

  /// This shape with another size on one axis.
  Shape with(int axis, int dim) {
    int[] result = dims.clone();
    result[axis] = dim;
    return new Shape(result);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /// The axis sizes in brackets, as in `[8, 4]`; `[]` for a single number.
  @Override
  public String toString() {
    return text(dims);
  }

  static String text(int[] dims) {
    return Arrays.toString(dims);
  }
}
