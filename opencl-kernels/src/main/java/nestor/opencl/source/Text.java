package nestor.opencl.source;

/// Code as it is written, line by line.
@SuppressWarnings("AnnotateFormatMethod") // which would be a dependency
final class Text {
  private final StringBuilder lines = new StringBuilder();
  private int depth;

  /// A line.
  void line(String format, Object... parts) {
    lines.append("  ".repeat(depth)).append(format.formatted(parts)).append('\n');
  }

  /// A line that begins a block, the block, and its end.
  void block(Runnable body, String format, Object... parts) {
    line(format + " {", parts);
    depth++;
    body.run();
    depth--;
    line("}");
  }

  @Override
  public String toString() {
    return lines.toString();
  }
}
