package nestor.autodiff;

import java.util.Arrays;

/// The elements of one operand as scalars, whatever their type: what an operator's scalar
/// definition reads and writes.
///
/// Floating elements are read and written as `double` (a `float32` result is the rounded double),
/// integers as `long`.
public final class Cells {
  private final TensorType type;
  private final Object array;

  /// The elements of a Java array that holds a tensor of this type in row-major order.
  public Cells(TensorType type, Object array) {
    this.type = type;
    this.array = array;
  }

  /// A new zero-filled Java array for a tensor of this type.
  public static Object newArray(TensorType type) {
    return type.dtype().newArray(type.shape().size());
  }

  /// Fills a Java array of any element type with a number, truth values with whether it is not 0.
  public static void fill(Object array, double number) {
    switch (array) {
      case double[] x -> Arrays.fill(x, number);
      case float[] x -> Arrays.fill(x, (float) number);
      case long[] x -> Arrays.fill(x, (long) number);
      case int[] x -> Arrays.fill(x, (int) number);
      default -> Arrays.fill((boolean[]) array, number != 0);
    }
  }

  /// A copy of a Java array of any element type.
  static Object copyOf(Object array) {
    return switch (array) {
      case double[] x -> x.clone();
      case float[] x -> x.clone();
      case long[] x -> x.clone();
      case int[] x -> x.clone();
      default -> ((boolean[]) array).clone();
    };
  }

  /// The element type.
  public DType dtype() {
    return type.dtype();
  }

  /// The shape.
  public Shape shape() {
    return type.shape();
  }

  /// The number of elements.
  public int size() {
    return type.shape().size();
  }

  /// A floating element.
  public double real(int i) {
    return type.dtype() == DType.FLOAT64 ? ((double[]) array)[i] : ((float[]) array)[i];
  }

  void real(int i, double value) {
    if (type.dtype() == DType.FLOAT64) {
      ((double[]) array)[i] = value;
    } else {
      ((float[]) array)[i] = (float) value;
    }
  }

  /// An integer element.
  public long integer(int i) {
    return type.dtype() == DType.INT64 ? ((long[]) array)[i] : ((int[]) array)[i];
  }

  void integer(int i, long value) {
    if (type.dtype() == DType.INT64) {
      ((long[]) array)[i] = value;
    } else {
      ((int[]) array)[i] = (int) value;
    }
  }

  /// A truth value.
  public boolean bool(int i) {
    return ((boolean[]) array)[i];
  }

  void bool(int i, boolean value) {
    ((boolean[]) array)[i] = value;
  }

  /// Sets element `i` to element `j` of another operand of the same type.
  void copy(int i, Cells from, int j) {
    System.arraycopy(from.array, j, array, i, 1);
  }

  /// Adds element `j` of another floating operand to element `i`.
  void add(int i, Cells from, int j) {
    real(i, real(i) + from.real(j));
  }

  /// The three-way comparison of two elements of this operand, NaN above everything.
  int compare(int i, int j) {
    return switch (type.dtype()) {
      case FLOAT64, FLOAT32 -> Double.compare(real(i) + 0.0, real(j) + 0.0);
      case INT64, INT32 -> Long.compare(integer(i), integer(j));
      case BOOL -> Boolean.compare(bool(i), bool(j));
    };
  }
}
