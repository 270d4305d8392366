package nestor.autodiff.cpu;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Schedule;
import org.jspecify.annotations.Nullable;

/// One of two plans, by a truth value that an earlier kernel computed.
final class ChooseLaunch implements Launch {
  private final Kernel.Choose kernel;
  private final Branch whenTrue;
  private final Branch whenFalse;

  ChooseLaunch(Kernel.Choose kernel, CpuPlan whenTrue, CpuPlan whenFalse) {
    this.kernel = kernel;
    this.whenTrue = new Branch(kernel.whenTrue(), whenTrue, new AtomicReference<>());
    this.whenFalse = new Branch(kernel.whenFalse(), whenFalse, new AtomicReference<>());
  }

  private record Branch(
      Schedule schedule, CpuPlan plan, AtomicReference<CpuPlan.@Nullable Frame> spare) {}

  @Override
  public void run(CpuPlan.Frame outer) {
    int predicate = kernel.in()[0];
    boolean[] truth = (boolean[]) outer.arrays()[predicate];
    Branch branch = truth[outer.offsets()[predicate]] ? whenTrue : whenFalse;
    CpuPlan.Frame frame = branch.spare.getAndSet(null);
    if (frame == null) {
      frame = branch.plan.newFrame();
    }
    for (int i = 1; i < kernel.in().length; i++) {
      pass(outer, kernel.in()[i], frame, i - 1);
    }
    List<Schedule.Result> results = branch.schedule.results();
    for (int i = 0; i < kernel.out().length; i++) {
      pass(outer, kernel.out()[i], frame, results.get(i).slot());
    }
    branch.plan.run(frame);
    branch.spare.set(frame);
  }

  private static void pass(CpuPlan.Frame outer, int from, CpuPlan.Frame frame, int to) {
    frame.arrays()[to] = outer.arrays()[from];
    frame.offsets()[to] = outer.offsets()[from];
  }
}
