package nestor.autodiff;

/// Values as text: the type, then the elements in nested brackets, the middle of long axes left
/// out.
final class Printing {
  /// Axes longer than this are cut to their ends.
  private static final int LONGEST = 8;

  private static final int EDGE = 3;

  private Printing() {}

  static String text(TensorType type, Object array) {
    StringBuilder out = new StringBuilder(type.toString()).append(' ');
    append(out, new Cells(type, array), type.shape(), 0, 0);
    return out.toString();
  }

  private static void append(StringBuilder out, Cells cells, Shape shape, int axis, int offset) {
    if (axis == shape.rank()) {
      out.append(number(cells, offset));
      return;
    }
    int length = shape.dim(axis);
    int step = shape.range(axis + 1, shape.rank()).size();
    boolean innermost = axis == shape.rank() - 1;
    String separator = innermost ? ", " : ",\n" + " ".repeat(axis + 1);
    out.append('[');
    for (int i = 0; i < length; i++) {
      out.append(i == 0 ? "" : separator);
      if (length > LONGEST && i == EDGE) {
        out.append('…');
        i = length - EDGE - 1;
      } else {
        append(out, cells, shape, axis + 1, offset + i * step);
      }
    }
    out.append(']');
  }

  private static String number(Cells cells, int i) {
    return switch (cells.dtype()) {
      case FLOAT64 -> Double.toString(cells.real(i));
      case FLOAT32 -> Float.toString((float) cells.real(i));
      case INT64, INT32 -> Long.toString(cells.integer(i));
      case BOOL -> Boolean.toString(cells.bool(i));
    };
  }
}
