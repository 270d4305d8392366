package nestor.autodiff;

/// The element types of tensors.
///
/// Types never mix silently: an operator on a `float32` and a `float64` tensor is an error, and
/// only the two floating types can be differentiated.
public enum DType {
  /// IEEE 754 binary64, stored in `double[]`.
  FLOAT64(8, "float64"),
  /// IEEE 754 binary32, stored in `float[]`.
  FLOAT32(4, "float32"),
  /// Two's complement 64-bit integers, stored in `long[]`; the type of indices.
  INT64(8, "int64"),
  /// Two's complement 32-bit integers, stored in `int[]`; the type of random keys.
  INT32(4, "int32"),
  /// Truth values, stored in `boolean[]`; the type of comparisons and masks.
  BOOL(1, "bool");

  private final int bytes;
  private final String label;

  DType(int bytes, String label) {
    this.bytes = bytes;
    this.label = label;
  }

  /// Bytes of one element.
  public int bytes() {
    return bytes;
  }

  /// Whether this is `float64` or `float32`, the types that can be differentiated.
  public boolean isFloat() {
    return this == FLOAT64 || this == FLOAT32;
  }

  /// Whether this is `int64` or `int32`.
  public boolean isInteger() {
    return this == INT64 || this == INT32;
  }

  /// The type's name as NumPy writes it: `float64`, `float32`, `int64`, `int32`, `bool`.
  @Override
  public String toString() {
    return label;
  }

  /// A new zero-filled Java array of this type's storage.
  public Object newArray(int size) {
    return switch (this) {
      case FLOAT64 -> new double[size];
      case FLOAT32 -> new float[size];
      case INT64 -> new long[size];
      case INT32 -> new int[size];
      case BOOL -> new boolean[size];
    };
  }
}
