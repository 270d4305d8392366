package nestor.autodiff.cpu.loop;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Replaces scalar code by vector code once that is faster. Until C2 has compiled it, vector code
/// is slower than anything by orders of magnitude; it gets there by [Rehearsal]s on a thread of
/// low priority that ends when it has nothing left to do.
///
/// A JVM without C2 never gets there. After some loops that did not make it the rest is not tried.
final class WarmUp {
  private static final long PATIENCE_NANOS = 4_000_000_000L;
  private static final long IDLE_MILLIS = 500;
  private static final long PAUSE_MILLIS = 1;
  private static final int RUNS = 3;
  private static final int TRIALS = 3;

  private final Function<Form, Kernel> translation;
  private final Deque<Form> waiting = new ArrayDeque<>();
  private boolean running;
  private int failures;

  /// @param translation gives a loop's vector code
  WarmUp(Function<Form, Kernel> translation) {
    this.translation = translation;
  }

  /// Asks for vector code.
  synchronized void ask(Form form) {
    if (failures >= TRIALS) {
      return;
    }
    waiting.add(form);
    if (running) {
      notifyAll();
    } else {
      running = true;
      Thread thread = new Thread(this::work, "nestor loop warm-up");
      thread.setDaemon(true);
      thread.setPriority(Thread.MIN_PRIORITY);
      thread.start();
    }
  }

  private void work() {
    for (Form form = next(); form != null; form = next()) {
      boolean faster = rehearse(form);
      synchronized (this) {
        failures = faster ? 0 : failures + 1;
        if (failures >= TRIALS) {
          waiting.clear();
        }
      }
    }
  }

  private synchronized @Nullable Form next() {
    try {
      if (waiting.isEmpty()) {
        wait(IDLE_MILLIS);
      }
    } catch (InterruptedException e) {
      waiting.clear();
    }
    Form form = waiting.poll();
    running = form != null;
    return form;
  }

  /// Whether vector code has become the faster one and has taken over.
  ///
  /// The JIT compiles a method for profiling after some 200 calls and for good after 600 calls with
  /// 15,000 rounds of loops.
  private boolean rehearse(Form form) {
    Rehearsal rehearsal = new Rehearsal(form.schedule, form.rows, form.size);
    Kernel vector = translation.apply(form);
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() < end) {
      rehearsal.runUnusual(vector);
      if (fastest(rehearsal, vector)
          < Math.min(fastest(rehearsal, form.scalar), rehearsal.compiledNanos())) {
        form.replace(vector);
        return true;
      }
      rehearsal.spin(vector);
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return false;
      }
    }
    return false;
  }

  private static long fastest(Rehearsal rehearsal, Kernel kernel) {
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < RUNS; i++) {
      fastest = Math.min(fastest, rehearsal.time(kernel));
    }
    return fastest;
  }
}
