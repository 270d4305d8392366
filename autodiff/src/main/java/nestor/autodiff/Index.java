package nestor.autodiff;

/// Maps the row-major positions of a shape to the positions that given strides lead to.
final class Index {
  private final int[] dims;
  private final int[] strides;

  Index(Shape shape, int[] strides) {
    this.dims = shape.toArray();
    this.strides = strides;
  }

  /// Reads an operand of shape `own` as if it were broadcast to `shape`.
  static Index broadcast(Shape own, Shape shape) {
    return new Index(shape, own.stridesIn(shape));
  }

  /// The position that the row-major position `i` of the shape leads to.
  int of(int i) {
    int rest = i;
    int result = 0;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      result += rest % dims[axis] * strides[axis];
      rest /= dims[axis];
    }
    return result;
  }
}
