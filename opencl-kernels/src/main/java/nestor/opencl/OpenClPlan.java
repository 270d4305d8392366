package nestor.opencl;

import java.util.List;
import nestor.autodiff.Plan;
import nestor.autodiff.plan.Schedule;

/// A schedule whose kernels are enqueued whole, in order; the host waits for nothing, unless a
/// `cond` decides on a value that the device computed.
///
/// With the system property `nestor.profile` every kernel is timed, and plans that ran often are
/// printed when the JVM ends.
final class OpenClPlan implements Plan {
  private final Session session;
  private final Schedule schedule;
  private final Launches launches;

  OpenClPlan(Session session, Schedule schedule) {
    this.session = session;
    this.schedule = schedule;
    this.launches = session.use(() -> session.ledger().whole(() -> made(session, schedule)));
    launches.profile().printAtEnd(this);
  }

  private static Launches made(Session session, Schedule schedule) {
    Launches made = Launches.of(session, schedule);
    session.programs().build(made.sources());
    return made;
  }

  @Override
  public void run(Object[] operands, Object[] results) {
    session.use(() -> {
      try {
        run(operands, launches.frame().arrays(), results);
      } finally {
        launches.forget();
      }
      return results;
    });
  }

  private void run(Object[] operands, Buffer[] arrays, Object[] results) {
    for (int i = 0; i < operands.length; i++) {
      arrays[i] = (Buffer) operands[i];
    }
    List<Schedule.Result> handed = schedule.results();
    for (Schedule.Result result : handed) {
      if (arrays[result.slot()] == null) { // what was there was handed out
        Schedule.Array array = schedule.arrays().get(result.slot());
        arrays[result.slot()] = session.allocate(array.dtype(), array.size(), "a result");
      }
    }
    launches.enqueue();
    for (int i = 0; i < results.length; i++) {
      Schedule.Result result = handed.get(i);
      results[i] = arrays[result.slot()];
      if (result.slot() >= operands.length) {
        arrays[result.slot()] = result.instead() < 0 ? null : arrays[result.instead()];
      }
    }
    session.driver().flush(session.queue());
    session.watch().ran();
  }

  /// Products that are packed and sorts take several.
  @Override
  public long launches() {
    return launches.commands();
  }

  @Override
  public long flops() {
    return schedule.flops();
  }

  @Override
  public long bytes() {
    return schedule.bytes();
  }

  @Override
  public long peakBytes() {
    return schedule.peakBytes();
  }

  @Override
  public String toString() {
    return launches + ", %,d commands on '%s'".formatted(launches(), session.device().name());
  }
}
