package nestor.bench;

/// A result that must not be timed: the message says which and how wrong it is.
public final class WrongResult extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// Something in a workload or one of its cases deviates too much.
  public WrongResult(String what, Deviation deviation) {
    super(
        "%s gives wrong results, so it is not timed: %sthe error is %.1e against %s; it may be %.1e"
            .formatted(
                what,
                deviation.where().isEmpty() ? "" : deviation.where() + ": ",
                deviation.error(),
                deviation.road(),
                deviation.bound()));
  }
}
