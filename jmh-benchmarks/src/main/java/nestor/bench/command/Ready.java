package nestor.bench.command;

import nestor.bench.Case;
import nestor.bench.Deviation;
import nestor.bench.Mode;
import nestor.bench.Step;
import nestor.bench.WrongResult;

/// A case that gave right results and has been warmed up.
///
/// @param workload the workload's name
/// @param size the case
/// @param step its work
record Ready(String workload, Case size, Step step) {
  private static final double AGAIN = 0.3; // seconds, after others ran

  static Ready of(String workload, Case size, Mode mode, double warmUp) {
    Deviation deviation = size.check(mode);
    if (!deviation.passes()) {
      throw new WrongResult(
          workload + " at " + Measurement.size(size.parameters()), deviation);
    }
    Step step = size.start(mode);
    Timing.warmUp(step, warmUp);
    return new Ready(workload, size, step);
  }

  Measurement time() {
    Timing timing = Timing.of(step, size.seconds());
    return new Measurement(
        workload,
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
