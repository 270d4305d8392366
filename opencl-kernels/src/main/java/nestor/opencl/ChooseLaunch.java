package nestor.opencl;

import java.util.List;
import java.util.stream.Stream;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Schedule;
import nestor.opencl.source.Source;

/// One of two plans, by a truth value that an earlier kernel computed: the host waits for it.
final class ChooseLaunch implements Launch {
  private final Session session;
  private final Kernel.Choose kernel;
  private final Launches whenTrue;
  private final Launches whenFalse;

  ChooseLaunch(Session session, Kernel.Choose kernel) {
    this.session = session;
    this.kernel = kernel;
    this.whenTrue = Launches.of(session, kernel.whenTrue());
    this.whenFalse = Launches.of(session, kernel.whenFalse());
  }

  @Override
  public List<Source> sources() {
    return Stream.concat(whenTrue.sources().stream(), whenFalse.sources().stream()).toList();
  }

  @Override
  public int commands() {
    return 1 + Math.max(whenTrue.commands(), whenFalse.commands());
  }

  @Override
  public void enqueue(Frame outer) {
    int predicate = kernel.in()[0];
    boolean[] truth = (boolean[]) session.download(outer.arrays()[predicate]);
    boolean holds = truth[outer.offsets()[predicate]];
    Launches branch = holds ? whenTrue : whenFalse;
    Schedule schedule = holds ? kernel.whenTrue() : kernel.whenFalse();
    try {
      for (int i = 1; i < kernel.in().length; i++) {
        pass(outer, kernel.in()[i], branch.frame(), i - 1);
      }
      for (int i = 0; i < kernel.out().length; i++) {
        pass(outer, kernel.out()[i], branch.frame(), schedule.results().get(i).slot());
      }
      branch.enqueue();
    } finally {
      branch.forgetLent();
    }
  }

  private static void pass(Frame outer, int from, Frame frame, int to) {
    frame.arrays()[to] = outer.arrays()[from];
    frame.offsets()[to] = outer.offsets()[from];
  }
}
