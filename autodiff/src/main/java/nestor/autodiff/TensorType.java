package nestor.autodiff;

/// What is known of a tensor before its values are: element type and shape.
///
/// @param dtype the element type
/// @param shape the sizes of the axes
public record TensorType(DType dtype, Shape shape) {
  /// The bytes of the elements.
  public long bytes() {
    return (long) shape.size() * dtype.bytes();
  }

  /// The type and shape as in `float64[8, 4]`.
  @Override
  public String toString() {
    return dtype.toString() + shape;
  }
}
