package nestor.autodiff.cpu.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.loop.Frame.Rows;
import nestor.autodiff.cpu.loop.VectorColumns.Tail;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.LoopArguments;
import nestor.autodiff.plan.loop.Schedule;

/// Small runs of a loop on arrays of its own that take every path through its code: whole steps and
/// columns left over, rows too short for lanes, unusual numbers. A path that the JIT has not seen
/// taken it does not compile.
final class Rehearsal {
  private static final int ROWS = 4;
  private static final int GROUP = 2;
  private static final int SPINS = 24;
  private static final int CALLS = 100;

  /// What C2's code stays far below for a row, and for an operation on 16 lanes of each kind of
  /// row. Other vector code is far above.
  private static final int ROW_NANOS = 100;

  private static final int OPERATION_NANOS = 15;

  /// Operations that a reduction counts for.
  private static final int REDUCTION = 4;

  /// Whole steps, and those with a rest of each kind or a rest alone.
  private static final int[] WHOLE = {64, 32};

  private static final int[] RAGGED = {64, 53, 37, 5};

  private static final int LONGEST = 64;
  private static final int LENGTH = ROWS * LONGEST;

  private static final double[] UNUSUAL = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 1e-310, 1e30, -1e30
  };

  private final Object[] arrays;
  private final Object[] unusual;
  private final int[] offsets;
  private final List<LoopArguments> runs = new ArrayList<>();
  private final Scratch scratch = new Scratch();
  private final long compiledNanos;

  Rehearsal(Schedule schedule, Rows rows, Tail tail) {
    int[] lengths = tail == Tail.WHOLE ? WHOLE : RAGGED;
    int places = schedule.places();
    arrays = new Object[places];
    unusual = new Object[places];
    offsets = new int[places];
    int[] slots = new int[places];
    for (int place = 0; place < places; place++) {
      slots[place] = place;
      arrays[place] = array(schedule.type(place), new double[] {-0.75});
      unusual[place] = array(schedule.type(place), UNUSUAL);
    }
    int weight = schedule.stages().stream().mapToInt(Rehearsal::weight).sum();
    int vectors = 512 / VectorWidth.bitSize() * schedule.dtype().bytes() / Float.BYTES;
    compiledNanos = (long) lengths.length * ROWS * (ROW_NANOS + weight * OPERATION_NANOS * vectors);
    for (int columns : lengths) {
      int[] starts = new int[places];
      int[] strides = new int[places];
      int[][] tables = new int[places][];
      for (int place = 0; place < places; place++) {
        int stride = extent(schedule.loop(), place) == Extent.ROW ? 1 : columns;
        strides[place] = stride;
        starts[place] = LENGTH - ROWS * stride; // up to the very end
        if ((place + runs.size()) % 2 == 0) {
          tables[place] = new int[ROWS];
          Arrays.setAll(tables[place], row -> row * stride);
        }
      }
      runs.add(
          new LoopArguments(
              ROWS, columns, GROUP, slots, starts, strides, rows == Rows.TABLED ? tables : null));
    }
  }

  private static int weight(Schedule.Stage stage) {
    int reductions = stage.reductions().size() + stage.folds().size() + stage.areas().size();
    return stage.elements().size() + stage.stores().size() + REDUCTION * (1 + reductions);
  }

  private static Extent extent(Loop loop, int place) {
    int result = place - loop.operands().size();
    return result < 0
        ? loop.operands().get(place).extent()
        : switch (loop.results().get(result)) {
          case Loop.Store(int value, Extent extent) -> extent;
          case Loop.ColumnFold fold -> Extent.ELEMENT;
          case Loop.AreaFold fold -> Extent.ROW;
        };
  }

  private static Object array(DType dtype, double[] some) {
    double[] numbers = new double[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      numbers[i] = i % 3 == 2 ? some[i / 3 % some.length] : i % 13 / 6.0 - 1;
    }
    return switch (dtype) {
      case FLOAT64 -> numbers;
      case FLOAT32 -> {
        float[] narrow = new float[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
          narrow[i] = (float) numbers[i];
        }
        yield narrow;
      }
      default -> {
        boolean[] truths = new boolean[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
          truths[i] = numbers[i] > 0;
        }
        yield truths;
      }
    };
  }

  /// Calls that compute nothing and make the JIT think otherwise: enough of them that it compiles a
  /// method for good, not so many that it takes the empty loop for the important one.
  void spin(Kernel kernel) {
    for (int i = 0; i < CALLS; i++) {
      kernel.run(arrays, offsets, runs.getFirst(), scratch, SPINS, 0, 0, 0);
    }
  }

  /// A time that tells what C2 has compiled from what it has not.
  long compiledNanos() {
    return compiledNanos;
  }

  /// All runs with unusual numbers.
  void runUnusual(Kernel kernel) {
    for (LoopArguments run : runs) {
      kernel.run(unusual, offsets, run, scratch, 0, ROWS, 0, run.columns());
    }
  }

  /// The nanoseconds that all runs take with common numbers.
  long time(Kernel kernel) {
    long start = System.nanoTime();
    for (LoopArguments run : runs) {
      kernel.run(arrays, offsets, run, scratch, 0, ROWS, 0, run.columns());
    }
    return System.nanoTime() - start;
  }
}
