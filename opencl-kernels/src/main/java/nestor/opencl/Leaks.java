package nestor.opencl;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Whether it is noted where each array was asked for, so that those still held when the backend is
/// closed are reported with the lines that made them.
enum Leaks {
  /// Nothing is noted.
  IGNORED,
  /// The stack is walked for each array, which costs more than the array.
  REPORTED;

  /// The system property that has leaks reported.
  static final String PROPERTY = "nestor.opencl.leaks";

  private static final StackWalker WALKER = StackWalker.getInstance();

  /// As the system property says.
  static Leaks standard() {
    return Boolean.getBoolean(PROPERTY) ? REPORTED : IGNORED;
  }

  /// A label, with the line of the caller's own code where that is noted.
  String label(String what) {
    return this == REPORTED ? what + ", made at " + place() : what;
  }

  /// The innermost line outside Nestor; where all is inside, as for a bundled experiment, the
  /// innermost one outside of what runs operators.
  private static String place() {
    List<StackWalker.StackFrame> callers =
        WALKER.walk(frames -> frames.filter(frame -> !runsOperators(frame)).toList());
    return callers.stream()
        .filter(frame -> !frame.getClassName().startsWith("nestor."))
        .findFirst()
        .or(() -> callers.stream().findFirst())
        .map(frame ->
            "%s:%d (%s)"
                .formatted(frame.getFileName(), frame.getLineNumber(), frame.getMethodName()))
        .orElse("an unknown line");
  }

  private static boolean runsOperators(StackWalker.StackFrame frame) {
    String name = frame.getClassName();
    return name.startsWith("nestor.autodiff.")
        || name.startsWith("nestor.opencl.")
        || name.startsWith("java.")
        || name.startsWith("jdk.");
  }

  /// Warns of what was still held.
  ///
  /// @param device the device's name
  /// @param labels what it is and where it was made
  void report(String device, List<String> labels) {
    if (this == IGNORED || labels.isEmpty()) {
      return;
    }
    Map<String, Long> counts =
        labels.stream()
            .collect(Collectors.groupingBy(label -> label, TreeMap::new, Collectors.counting()));
    String lines =
        counts.entrySet().stream()
            .map(entry -> "%n  %d × %s".formatted(entry.getValue(), entry.getKey()))
            .collect(Collectors.joining());
    System.getLogger("nestor.opencl")
        .log(
            System.Logger.Level.WARNING,
            "the OpenCL backend on ''{0}'' was closed while these were still held:{1}",
            device,
            lines);
  }
}
