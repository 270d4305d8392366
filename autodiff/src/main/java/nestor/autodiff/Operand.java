package nestor.autodiff;

/// An operand as a backend sees it.
///
/// @param type element type and shape
/// @param stored the elements as the backend itself stored them, never to be written
public record Operand(TensorType type, Object stored) {
  /// The sizes of the axes.
  public Shape shape() {
    return type.shape();
  }

  /// The element type.
  public DType dtype() {
    return type.dtype();
  }
}
