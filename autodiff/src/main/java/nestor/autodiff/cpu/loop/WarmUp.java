package nestor.autodiff.cpu.loop;

import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Replaces blocks by vector code once that is faster. Until C2 has compiled it, vector code is
/// slower than anything by orders of magnitude; it gets there by [Rehearsal]s on a thread of low
/// priority that ends when it has nothing left to do.
///
/// A JVM without C2 never gets there: when the first loops have not made it the rest is not tried.
final class WarmUp {
  /// How long a loop may wait for the JIT, which has other work too.
  private static final long PATIENCE_NANOS = 240_000_000_000L;

  /// How long the rehearsals of a loop may take together.
  private static final long WORK_NANOS = 20_000_000_000L;

  /// Between two looks at a loop, the core is left to the JIT.
  private static final long PAUSE_NANOS = 20_000_000L;

  private static final long LONGEST_PAUSE_NANOS = 160_000_000L;

  /// Looks at short distances.
  private static final int LOOKS = 40;

  private static final int TRIALS = 3;

  private final Function<Form, Optional<Form.Vectors>> translation;
  private final Queue<Candidate> waiting = new ConcurrentLinkedQueue<>();
  private boolean running;
  private boolean compiles; // vector code, as has been seen
  private int failures;

  /// @param translation gives a loop's vector code
  WarmUp(Function<Form, Optional<Form.Vectors>> translation) {
    this.translation = translation;
  }

  /// Asks for vector code.
  synchronized void ask(Form form) {
    if (isHopeless()) {
      return;
    }
    waiting.add(new Candidate(form));
    if (!running) {
      running = true;
      start();
    }
  }

  private boolean isHopeless() {
    return !compiles && failures >= TRIALS;
  }

  @SuppressWarnings("ThreadPriorityCheck") // a hint, where the system takes it
  private void start() {
    Thread thread = new Thread(this::work, "nestor loop warm-up");
    thread.setDaemon(true);
    thread.setPriority(Thread.MIN_PRIORITY);
    thread.start();
  }

  /// Lets all candidates rehearse in turn, so that the JIT can work on several, with rests as long
  /// as the work: the cores are for the JIT and the loops.
  private void work() {
    long busy = 0;
    try {
      do {
        Candidate candidate = waiting.poll();
        if (candidate != null) {
          long start = System.nanoTime();
          Thread.sleep(Duration.ofNanos(Math.max(busy, candidate.next - start)));
          start = System.nanoTime();
          settle(candidate, candidate.rehearse(translation));
          busy = System.nanoTime() - start;
        }
      } while (goesOn());
    } catch (InterruptedException e) {
      stop();
    }
  }

  private synchronized boolean goesOn() {
    running = !waiting.isEmpty();
    return running;
  }

  private synchronized void stop() {
    waiting.clear();
    running = false;
  }

  private synchronized void settle(Candidate candidate, Outcome outcome) {
    switch (outcome) {
      case FASTER, SLOWER -> compiles = true;
      case UNKNOWN -> waiting.add(candidate);
      case GIVEN_UP -> {
        failures++;
        if (isHopeless()) {
          waiting.clear();
        }
      }
    }
  }

  private enum Outcome {
    /// Vector code has taken over.
    FASTER,
    /// Vector code is compiled, but not the faster one, or it is too long to be compiled.
    SLOWER,
    /// The JIT may need more time.
    UNKNOWN,
    /// Vector code does not get compiled.
    GIVEN_UP
  }

  /// A loop on its way to vector code.
  private static final class Candidate {
    private static final int RUNS = 3;

    private final Form form;
    private final long start = System.nanoTime();
    private long next = start;
    private long pause = PAUSE_NANOS;
    private int looks;
    private long spent;
    private Form.@Nullable Vectors vectors;
    private @Nullable Rehearsal rehearsal;

    Candidate(Form form) {
      this.form = form;
      vectors = form.vectors();
    }

    /// One more rehearsal.
    Outcome rehearse(Function<Form, Optional<Form.Vectors>> translation) {
      if (vectors == null) {
        vectors = translation.apply(form).orElse(null);
        if (vectors == null) {
          return Outcome.SLOWER;
        }
        form.vectors(vectors);
      }
      if (rehearsal == null) {
        rehearsal = new Rehearsal(vectors.schedule(), form.rows, form.tail);
      }
      long from = System.nanoTime();
      rehearsal.spin(vectors);
      rehearsal.runUnusual(vectors);
      long time = rehearsal.time(vectors);
      if (time < rehearsal.compiledNanos()
          && fastest(rehearsal, vectors) < fastest(rehearsal, form.blocks)) {
        form.replace(vectors);
        return Outcome.FASTER;
      }
      long now = System.nanoTime();
      looks++;
      next = now + (looks < LOOKS ? PAUSE_NANOS : pause);
      pause = looks < LOOKS ? pause : Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      spent += now - from;
      return spent < WORK_NANOS && now - start < PATIENCE_NANOS
          ? Outcome.UNKNOWN
          : time < rehearsal.compiledNanos() ? Outcome.SLOWER : Outcome.GIVEN_UP;
    }

    private static long fastest(Rehearsal rehearsal, Kernel kernel) {
      long fastest = Long.MAX_VALUE;
      for (int i = 0; i < RUNS; i++) {
        fastest = Math.min(fastest, rehearsal.time(kernel));
      }
      return fastest;
    }
  }
}
