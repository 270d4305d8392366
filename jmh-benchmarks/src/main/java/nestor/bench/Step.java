package nestor.bench;

/// What is timed.
@FunctionalInterface
public interface Step {
  /// Does the work once and gives its result.
  Object run();
}
