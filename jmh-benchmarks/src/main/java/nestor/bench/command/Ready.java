package nestor.bench.command;

import nestor.bench.Case;
import nestor.bench.Step;
import nestor.train.Mode;

/// A case that gave right results and has been warmed up.
///
/// @param size the case
/// @param step its work
record Ready(Case size, Step step) {
  private static final double AGAIN = 0.3; // seconds, after others ran

  static Ready of(Case size, Mode mode, double warmUp) {
    Step step = size.startRight(mode);
    Timing.warmUp(step, warmUp);
    return new Ready(size, step);
  }

  Measurement time() {
    Timing timing = Timing.of(step, size.seconds());
    return new Measurement(
        size.workload(),
        size.parameters(),
        threads(),
        timing.milliseconds().length,
        timing.median(),
        timing.min());
  }

  Measurement timeAgain() {
    Timing.warmUp(step, AGAIN);
    return time();
  }

  /// As many as `cpu` has.
  private static int threads() {
    return Integer.getInteger("nestor.threads", Runtime.getRuntime().availableProcessors());
  }
}
