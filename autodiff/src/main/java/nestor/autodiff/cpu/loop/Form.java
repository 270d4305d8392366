package nestor.autodiff.cpu.loop;

import nestor.autodiff.cpu.loop.Frame.Rows;
import nestor.autodiff.plan.LoopArguments;
import org.jspecify.annotations.Nullable;

/// The code of a loop for one way of finding rows: what runs at present, and what may replace it.
final class Form {
  private static final int CHUNK = LoopCode.CHUNK;

  /// Operations on single numbers, some milliseconds of them, after which vectors are wanted.
  private static final long ENOUGH = 1L << 20;

  /// Elements that a call counts for besides its own.
  private static final int CALL = 32;

  final Schedule schedule;
  final Rows rows;
  final Kernel scalar;
  final Scratch.Size size;

  /// Calls of new code that are timed, and the mask of those timed later.
  private static final int PROBATION = 64;

  private static final int SAMPLE = 15;

  /// Calls that must be slow one after the other: a thread may lose its core.
  private static final int STRIKES = 2;

  /// By how much vector code may be slower than scalar code once was.
  private static final double SLACK = 1.5;

  private static final int SLACK_NANOS = 5_000;

  private final @Nullable WarmUp warmUp;
  private final int weight;
  // Read and written without order between threads: whichever kernel runs, the bits are the same.
  private Kernel kernel;
  private long work;
  private double scalarNanos = Double.MAX_VALUE; // the best of an operation on a number
  private int calls;
  private int slow;
  private @Nullable Kernel vector;

  Form(Schedule schedule, Rows rows, Kernel scalar, Scratch.Size size, @Nullable WarmUp warmUp) {
    this.schedule = schedule;
    this.rows = rows;
    this.scalar = scalar;
    this.size = size;
    this.warmUp = warmUp;
    kernel = scalar;
    weight = 1 + schedule.stages().stream().mapToInt(stage -> stage.elements().size()).sum();
  }

  /// Runs the present kernel. It is timed at first and now and then: C2 takes back what it has
  /// compiled when it meets a path that it has not expected, and until it has compiled the method
  /// once more scalar code is far better than vector code.
  void run(
      Object[] arrays,
      int[] offsets,
      LoopArguments a,
      Scratch scratch,
      int fromRow,
      int toRow,
      int fromColumn,
      int toColumn) {
    Kernel present = kernel;
    calls++;
    if (calls > PROBATION && (calls & SAMPLE) != 0) {
      present.run(arrays, offsets, a, scratch, CHUNK, fromRow, toRow, fromColumn, toColumn);
      if (work < ENOUGH) {
        count(work(toRow - fromRow, toColumn - fromColumn));
      }
      return;
    }
    long start = System.nanoTime();
    present.run(arrays, offsets, a, scratch, CHUNK, fromRow, toRow, fromColumn, toColumn);
    long nanos = System.nanoTime() - start;
    long amount = work(toRow - fromRow, toColumn - fromColumn);
    if (present == scalar) {
      scalarNanos = Math.min(scalarNanos, (double) nanos / amount);
      if (work < ENOUGH) {
        count(amount);
      }
    } else {
      judge(nanos, amount);
    }
  }

  private long work(int rowCount, int columns) {
    return weight * ((long) rowCount * columns + CALL);
  }

  private void count(long more) {
    work += more;
    if (work >= ENOUGH && warmUp != null) {
      warmUp.ask(this);
    }
  }

  private void judge(long nanos, long amount) {
    if (nanos < SLACK_NANOS + SLACK * scalarNanos * amount) {
      slow = 0;
    } else {
      calls = 0;
      slow++;
      if (slow == STRIKES && warmUp != null) {
        slow = 0;
        kernel = scalar;
        warmUp.ask(this);
      }
    }
  }

  boolean isVector() {
    return kernel != scalar;
  }

  /// Vector code, if there is any yet.
  @Nullable Kernel vector() {
    return vector;
  }

  void vector(Kernel code) {
    vector = code;
  }

  /// Runs vector code from now on.
  void replace(Kernel better) {
    calls = 0;
    kernel = better;
  }
}
