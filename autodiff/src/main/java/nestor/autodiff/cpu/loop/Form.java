package nestor.autodiff.cpu.loop;

import nestor.autodiff.cpu.loop.Frame.Rows;
import nestor.autodiff.cpu.loop.VectorColumns.Tail;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.LoopArguments;
import nestor.autodiff.plan.loop.Schedule;
import org.jspecify.annotations.Nullable;

/// A loop for one way of finding rows and one way in which columns end: what runs at present, and
/// what may replace it.
final class Form {
  /// Operations on single numbers, some milliseconds of them, after which vectors are wanted: the
  /// JIT spends a tenth of a second on them.
  private static final long ENOUGH = 1L << 23;

  /// Elements that a call counts for besides its own.
  private static final int CALL = 32;

  /// Calls of new code that are timed, and the mask of those timed later.
  private static final int PROBATION = 64;

  private static final int SAMPLE = 63;

  /// Calls that must be slow one after the other: a thread may lose its core.
  private static final int STRIKES = 2;

  /// By how much vector code may be slower than blocks once were.
  private static final double SLACK = 6;

  private static final int SLACK_NANOS = 20_000;

  final Loop loop;
  final Rows rows;
  final Tail tail;
  final Kernel blocks;
  private final @Nullable WarmUp warmUp;
  private final int weight;
  // Read and written without order between threads: whichever kernel runs, the bits are the same.
  private Kernel kernel;
  private long work;
  private double blockNanos = Double.MAX_VALUE; // the best of an operation on a number
  private int calls;
  private int slow;
  private volatile @Nullable Vectors vectors;

  /// Vector code and the working memory that it needs.
  record Vectors(Schedule schedule, Kernel kernel, Scratch.Size size) implements Kernel {
    @Override
    public void run(
        Object[] arrays,
        int[] offsets,
        LoopArguments a,
        Scratch scratch,
        int fromRow,
        int toRow,
        int fromColumn,
        int toColumn) {
      scratch.grow(size, toColumn);
      kernel.run(arrays, offsets, a, scratch, fromRow, toRow, fromColumn, toColumn);
    }
  }

  Form(Loop loop, Rows rows, Tail tail, Kernel blocks, @Nullable WarmUp warmUp) {
    this.loop = loop;
    this.rows = rows;
    this.tail = tail;
    this.blocks = blocks;
    this.warmUp = warmUp;
    kernel = blocks;
    weight = 1 + loop.instructions().size();
  }

  /// Runs the present kernel. It is timed at first and now and then: C2 takes back what it has
  /// compiled when it meets a path that it has not expected, and until it has compiled the method
  /// once more blocks are far better than vector code.
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
    boolean timed = calls <= PROBATION || (calls & SAMPLE) == 0;
    long start = timed ? System.nanoTime() : 0;
    present.run(arrays, offsets, a, scratch, fromRow, toRow, fromColumn, toColumn);
    long nanos = timed ? System.nanoTime() - start : 0;
    long amount = work(toRow - fromRow, toColumn - fromColumn);
    if (present == blocks) {
      if (timed) {
        blockNanos = Math.min(blockNanos, (double) nanos / amount);
      }
      if (work < ENOUGH) {
        count(amount);
      }
    } else if (timed) {
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
    if (nanos < SLACK_NANOS + SLACK * blockNanos * amount) {
      slow = 0;
    } else {
      calls = 0;
      slow++;
      if (slow == STRIKES && warmUp != null) {
        slow = 0;
        kernel = blocks;
        warmUp.ask(this);
      }
    }
  }

  boolean isVector() {
    return kernel != blocks;
  }

  /// Vector code, if there is any yet.
  @Nullable Vectors vectors() {
    return vectors;
  }

  void vectors(Vectors code) {
    vectors = code;
  }

  /// Runs vector code from now on.
  void replace(Vectors better) {
    calls = 0;
    kernel = better;
  }
}
