package nestor.autodiff.cpu;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import nestor.autodiff.Cells;
import nestor.autodiff.Plan;
import nestor.autodiff.Shape;
import nestor.autodiff.TensorType;
import nestor.autodiff.plan.Profile;
import nestor.autodiff.plan.Schedule;
import org.jspecify.annotations.Nullable;

/// A schedule with its kernels ready to run, and arrays that stay between runs.
///
/// With the system property `nestor.profile` every kernel is timed, [#toString] says for how long
/// it ran at the least, and plans that ran often are printed when the JVM ends.
final class CpuPlan implements Plan {
  private final Schedule schedule;
  private final Launch[] launches;
  private final int[] fresh;
  private final Profile profile;
  private final AtomicReference<@Nullable Frame> spare = new AtomicReference<>();

  CpuPlan(Schedule schedule, Launch[] launches) {
    this.schedule = schedule;
    this.launches = launches;
    this.profile = new Profile(schedule);
    profile.printAtEnd(this);
    this.fresh =
        schedule.results().stream()
            .filter(result -> result.slot() >= schedule.inputs() && result.instead() < 0)
            .mapToInt(Schedule.Result::slot)
            .toArray();
  }

  /// The arrays of one run at a time.
  ///
  /// @param arrays per slot
  /// @param offsets per slot, where its first element is
  record Frame(@Nullable Object[] arrays, int[] offsets) {}

  @Override
  public void run(Object[] operands, Object[] results) {
    Frame frame = spare.getAndSet(null);
    if (frame == null) {
      frame = newFrame();
    }
    @Nullable Object[] arrays = frame.arrays;
    System.arraycopy(operands, 0, arrays, 0, operands.length);
    for (int slot : fresh) {
      if (arrays[slot] == null) {
        arrays[slot] = newArray(slot);
      }
    }
    run(frame);
    List<Schedule.Result> handed = schedule.results();
    for (int i = 0; i < results.length; i++) {
      Schedule.Result result = handed.get(i);
      results[i] = arrays[result.slot()];
      if (result.slot() >= operands.length) {
        arrays[result.slot()] = result.instead() < 0 ? null : arrays[result.instead()];
      }
    }
    for (int i = 0; i < operands.length; i++) {
      arrays[i] = null;
    }
    spare.set(frame);
  }

  /// Runs the kernels on the arrays of a frame.
  void run(Frame frame) {
    if (Profile.ON) {
      runTimed(frame);
      return;
    }
    for (Launch launch : launches) {
      launch.run(frame);
    }
  }

  private synchronized void runTimed(Frame frame) {
    for (int i = 0; i < launches.length; i++) {
      long start = System.nanoTime();
      launches[i].run(frame);
      profile.ran(i, start);
    }
    profile.ran();
  }

  /// A frame with constants and the plan's own arrays.
  Frame newFrame() {
    int slots = schedule.arrays().size();
    @Nullable Object[] arrays = new @Nullable Object[slots];
    for (int slot = schedule.inputs(); slot < slots; slot++) {
      arrays[slot] = newArray(slot);
    }
    for (Map.Entry<Integer, Object> constant : schedule.constants().entrySet()) {
      arrays[constant.getKey()] = constant.getValue();
    }
    return new Frame(arrays, new int[slots]);
  }

  private Object newArray(int slot) {
    Schedule.Array array = schedule.arrays().get(slot);
    return Cells.newArray(new TensorType(array.dtype(), Shape.of(array.size())));
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
  public long launches() {
    return schedule.launches();
  }

  @Override
  public long peakBytes() {
    return schedule.peakBytes();
  }

  @Override
  public String toString() {
    return profile.table(i -> launches[i].details());
  }
}
