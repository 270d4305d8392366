package nestor.autodiff.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A small pool that runs the parts of one kernel on several threads, the caller among them.
///
/// Idle helpers spin for a short while before they park, so that back-to-back kernels are handed
/// over in a fraction of a microsecond. Helpers are daemon threads, started by the first parallel
/// run; they end when the pool is closed or has become unreachable.
///
/// One run at a time is parallel: a second caller, or a part that calls [#run] itself, finds the
/// pool busy and runs its parts inline. Kernels give the same bits either way.
final class Workers implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  /// How long an idle thread polls before it parks. Waking a parked one takes a tenth of that.
  private static final long SPIN_NANOS = 500_000;

  /// Polls between looks at the clock.
  private static final int POLLS = 32;

  private final int threads;
  private final Crew crew;
  private final Cleaner.Cleanable ending;
  private final ProductWarmth floatProducts = ProductWarmth.ofFloats();
  private final ProductWarmth doubleProducts = ProductWarmth.ofDoubles();
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  private Workers(int threads) {
    this.threads = threads;
    this.crew = new Crew(threads - 1);
    this.ending = CLEANER.register(this, crew::stop);
  }

  /// A pool that uses up to `threads` threads at once, counting the caller.
  static Workers of(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, but is " + threads);
    }
    return new Workers(threads);
  }

  int threads() {
    return threads;
  }

  /// Whether vector kernels of products of `float32` are ready.
  ProductWarmth floatProducts() {
    return floatProducts;
  }

  /// Whether vector kernels of products of `float64` are ready.
  ProductWarmth doubleProducts() {
    return doubleProducts;
  }

  /// The calling thread's working memory for kernels that run under this pool.
  Scratch scratch() {
    return scratch.get();
  }

  /// Runs `body` once for each part in `[0, parts)`, in any order and on any thread of the pool,
  /// and returns when all have ended. If parts throw, the exception of the lowest one is rethrown.
  void run(int parts, IntConsumer body) {
    if (parts > 1 && threads > 1 && crew.busy.compareAndSet(false, true)) {
      try {
        crew.run(parts, body);
      } finally {
        crew.busy.set(false);
        Reference.reachabilityFence(this);
      }
    } else {
      for (int part = 0; part < parts; part++) {
        body.accept(part);
      }
    }
  }

  /// Ends the helpers; later runs are inline.
  @Override
  public void close() {
    ending.clean();
  }

  /// The helpers and what they share with a caller. It does not refer to its [Workers], which can
  /// therefore be collected while helpers wait.
  private static final class Crew {
    private final AtomicBoolean busy = new AtomicBoolean();
    private final @Nullable Worker[] helpers;
    private volatile @Nullable Job job;
    private volatile boolean stopped;
    private boolean started; // guarded by busy

    Crew(int helpers) {
      this.helpers = new Worker[helpers];
    }

    void run(int parts, IntConsumer body) {
      if (!started && !stopped) {
        start();
      }
      var current = new Job(parts, body);
      job = current;
      int wanted = Math.min(parts - 1, helpers.length);
      for (int i = 0; i < wanted; i++) {
        helpers[i].wake();
      }
      current.work();
      current.await();
      job = null;
      current.rethrow();
    }

    private void start() {
      for (int i = 0; i < helpers.length; i++) {
        helpers[i] = new Worker(this, i);
      }
      for (var helper : helpers) {
        helper.thread.start();
      }
      started = true;
    }

    boolean hasWork() {
      var current = job;
      return current != null && current.hasWork();
    }

    void stop() {
      stopped = true;
      for (var helper : helpers) {
        if (helper != null) {
          LockSupport.unpark(helper.thread);
        }
      }
    }
  }

  private static final class Worker implements Runnable {
    private final Crew crew;
    private final Thread thread;
    private volatile boolean parked;

    Worker(Crew crew, int index) {
      this.crew = crew;
      this.thread =
          Thread.ofPlatform()
              .daemon()
              .name("nestor-cpu-" + (index + 1))
              .inheritInheritableThreadLocals(false)
              .unstarted(this);
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void run() {
      long idleSince = System.nanoTime();
      while (!crew.stopped) {
        if (pollAndWork()) {
          idleSince = System.nanoTime();
        } else if (System.nanoTime() - idleSince > SPIN_NANOS) {
          park();
        }
      }
    }

    private boolean pollAndWork() {
      for (int poll = 0; poll < POLLS; poll++) {
        var job = crew.job;
        if (job != null && job.hasWork()) {
          job.work();
          return true;
        }
        Thread.onSpinWait();
      }
      return false;
    }

    /// The flag is raised before work is looked for, and a caller publishes work before it looks at
    /// the flag: one of the two sees the other.
    private void park() {
      parked = true;
      if (!crew.hasWork() && !crew.stopped) {
        LockSupport.park(crew);
      }
      parked = false;
    }
  }

  /// One call of [Workers#run]: parts are claimed by counting up.
  private static final class Job {
    private static final VarHandle NEXT = counter("next");
    private static final VarHandle ENDED = counter("ended");

    private final int parts;
    private final IntConsumer body;
    private final Thread owner = Thread.currentThread();
    private volatile int next;
    private volatile int ended;
    private volatile boolean ownerParked;
    private @Nullable Throwable failure; // guarded by this
    private int failedPart; // guarded by this

    Job(int parts, IntConsumer body) {
      this.parts = parts;
      this.body = body;
    }

    private static VarHandle counter(String name) {
      try {
        return MethodHandles.lookup().findVarHandle(Job.class, name, int.class);
      } catch (ReflectiveOperationException missing) {
        throw new LinkageError(missing.getMessage(), missing);
      }
    }

    boolean hasWork() {
      return next < parts;
    }

    void work() {
      int part;
      while (hasWork() && (part = (int) NEXT.getAndAdd(this, 1)) < parts) {
        try {
          body.accept(part);
        } catch (Throwable thrown) {
          fail(part, thrown);
        }
        if ((int) ENDED.getAndAdd(this, 1) + 1 == parts && ownerParked) {
          LockSupport.unpark(owner);
        }
      }
    }

    void await() {
      if (pollUntilEnded()) {
        return;
      }
      boolean interrupted = false;
      ownerParked = true;
      while (ended < parts) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        owner.interrupt();
      }
    }

    private boolean pollUntilEnded() {
      long since = System.nanoTime();
      do {
        for (int poll = 0; poll < POLLS; poll++) {
          if (ended == parts) {
            return true;
          }
          Thread.onSpinWait();
        }
      } while (System.nanoTime() - since < SPIN_NANOS);
      return false;
    }

    private synchronized void fail(int part, Throwable thrown) {
      if (failure == null || part < failedPart) {
        failure = thrown;
        failedPart = part;
      }
    }

    synchronized void rethrow() {
      switch (failure) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
    }
  }
}
