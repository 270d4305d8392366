package nestor.autodiff.plan;

import java.util.Arrays;
import java.util.function.IntFunction;

/// How long the kernels of a schedule run at the least, measured with the system property
/// `nestor.profile`. Not safe for several threads.
public final class Profile {
  /// Whether kernels are timed.
  public static final boolean ON = Boolean.getBoolean("nestor.profile");

  private static final int OFTEN = 4;

  private final Schedule schedule;
  private final long[] nanos;
  private int runs;

  /// The profile of a schedule that has not run yet.
  public Profile(Schedule schedule) {
    this.schedule = schedule;
    this.nanos = new long[schedule.kernels().size()];
    Arrays.fill(nanos, Long.MAX_VALUE);
  }

  /// Has a plan printed when the JVM ends, where kernels are timed and it ran often by then.
  public void printAtEnd(Object plan) {
    if (ON) {
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .unstarted(() -> {
                    if (runs >= OFTEN) {
                      System.out.println(plan);
                    }
                  }));
    }
  }

  /// Says that a kernel ran since a time of [System#nanoTime].
  public void ran(int kernel, long since) {
    nanos[kernel] = Math.min(nanos[kernel], System.nanoTime() - since);
  }

  /// Says that all kernels ran.
  public void ran() {
    runs++;
  }

  /// The schedule's table, with the shortest times once there are some.
  ///
  /// @param details what else is known of a kernel, in lines, or nothing
  public String table(IntFunction<String> details) {
    if (runs == 0) {
      return schedule.toString();
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < nanos.length; i++) {
      Schedule.Cost cost = schedule.costs().get(i);
      double micros = nanos[i] / 1e3;
      text.append(
          "%10.2f µs %8.2f GFLOP/s %8.2f GB/s  %s%n"
              .formatted(
                  micros, cost.flops() / micros / 1e3, cost.bytes() / micros / 1e3, cost.label()));
      text.append(details.apply(i).indent(4));
    }
    return text.append(schedule.toString().lines().reduce((a, b) -> b).orElse("")).toString();
  }
}
