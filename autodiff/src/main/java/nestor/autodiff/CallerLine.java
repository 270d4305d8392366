package nestor.autodiff;

/// Finds the line of the caller's own code: the innermost frame outside this library.
final class CallerLine {
  private static final StackWalker WALKER = StackWalker.getInstance();

  /// The line at which an operator was traced, while a graph runs it.
  static final ScopedValue<String> TRACED = ScopedValue.newInstance();

  private CallerLine() {}

  static String find() {
    return TRACED.isBound() ? TRACED.get() : walk();
  }

  private static String walk() {
    return WALKER.walk(frames ->
        frames
            .filter(frame -> !isOurs(frame.getClassName()))
            .findFirst()
            .map(frame ->
                "%s:%d (%s)"
                    .formatted(frame.getFileName(), frame.getLineNumber(), frame.getMethodName()))
            .orElse("an unknown line"));
  }

  private static boolean isOurs(String name) {
    return name.startsWith("nestor.autodiff.")
        || name.startsWith("nestor.opencl.")
        || name.startsWith("java.")
        || name.startsWith("jdk.");
  }
}
