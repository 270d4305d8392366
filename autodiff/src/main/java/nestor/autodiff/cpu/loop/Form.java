package nestor.autodiff.cpu.loop;

import nestor.autodiff.cpu.loop.Frame.Rows;
import org.jspecify.annotations.Nullable;

/// The code of a loop for one way of finding rows: what runs at present, and what may replace it.
final class Form {
  /// Operations on single numbers, some milliseconds of them, after which vectors are wanted.
  private static final long ENOUGH = 1L << 22;

  /// Elements that a call counts for besides its own.
  private static final int CALL = 32;

  final Schedule schedule;
  final Rows rows;
  final Kernel scalar;
  final Scratch.Size size;
  private final @Nullable WarmUp warmUp;
  private final int weight;
  // Read and written without order between threads: whichever kernel runs, the bits are the same.
  private Kernel kernel;
  private long work;

  Form(
      Schedule schedule,
      Rows rows,
      Kernel scalar,
      Scratch.Size size,
      @Nullable WarmUp warmUp) {
    this.schedule = schedule;
    this.rows = rows;
    this.scalar = scalar;
    this.size = size;
    this.warmUp = warmUp;
    kernel = scalar;
    weight = 1 + schedule.stages().stream().mapToInt(stage -> stage.elements().size()).sum();
  }

  Kernel kernel() {
    return kernel;
  }

  /// Counts a run, and asks for vector code when it is time.
  void count(int ofRows, int columns) {
    if (work < ENOUGH) {
      work += weight * ((long) ofRows * columns + CALL);
      if (work >= ENOUGH && warmUp != null) {
        warmUp.ask(this);
      }
    }
  }

  boolean isVector() {
    return kernel != scalar;
  }

  /// Runs this from now on.
  void replace(Kernel better) {
    kernel = better;
  }
}
