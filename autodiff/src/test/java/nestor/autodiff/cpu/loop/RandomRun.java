package nestor.autodiff.cpu.loop;

import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.loop.Frame.Rows;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.LoopArguments;
import nestor.autodiff.plan.loop.LoopGraph;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Schedule;

/// Arrays and places for a loop, drawn at random: strided, by tables, repeated rows, in place.
///
/// @param loop the loop
/// @param arguments the places
/// @param arrays the arrays of all slots
/// @param offsets where in each of them its data start
record RandomRun(Loop loop, LoopArguments arguments, Object[] arrays, int[] offsets) {
  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    1,
    -1,
    0.5,
    -1.5,
    2.5,
    1e-42,
    -Float.MIN_VALUE,
    Double.MIN_VALUE,
    Float.MAX_VALUE,
    0x1p23,
    0x1.8p52,
    0x1.000002p23,
    0x1.0000000000001p52,
    -Double.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN
  };

  static RandomRun draw(SplittableRandom random, Loop loop, int rows, int columns, int group) {
    boolean inPlace = !loop.foldsRows() && !loop.foldsColumns() && random.nextInt(3) == 0;
    boolean special = random.nextInt(3) == 0;
    int operands = loop.operands().size();
    int places = operands + loop.results().size();
    int[] slots = new int[places];
    int[] offsets = new int[places];
    int[] strides = new int[places];
    int[][] tables = new int[places][];
    boolean tabled = random.nextBoolean();
    Object[] arrays = new Object[places];
    int[] starts = new int[places];
    boolean[] taken = new boolean[operands];
    for (int p = 0; p < places; p++) {
      slots[p] = p;
      DType dtype = dtype(loop, p);
      Extent extent =
          p < operands
              ? loop.operands().get(p).extent()
              : switch (loop.results().get(p - operands)) {
                case Loop.Store(int value, Extent e) -> e;
                case Loop.ColumnFold fold -> Extent.ELEMENT;
                case Loop.AreaFold fold -> Extent.ROW;
              };
      int width = extent == Extent.ROW ? 1 : columns;
      int lines =
          p >= operands && !(loop.results().get(p - operands) instanceof Loop.Store)
              ? rows / group
              : rows;
      strides[p] =
          p < operands && random.nextInt(4) == 0
              ? 0
              : width + random.nextInt(2) * random.nextInt(5);
      starts[p] = random.nextInt(4);
      offsets[p] = random.nextInt(4);
      if (tabled && random.nextInt(3) == 0) {
        tables[p] = permutation(random, lines);
        for (int r = 0; r < lines; r++) {
          tables[p][r] *= Math.max(strides[p], width);
        }
      }
      int length = starts[p] + offsets[p] + Math.max(strides[p], width) * lines + width + 3;
      arrays[p] = array(random, dtype, length, special);
      if (inPlace && p >= operands) {
        for (int q = 0; q < operands; q++) {
          boolean distinct = tables[q] != null || strides[q] >= columns || rows <= 1;
          if (!taken[q]
              && distinct
              && extent == Extent.ELEMENT
              && loop.operands().get(q).equals(new Loop.Operand(dtype, Extent.ELEMENT))) {
            taken[q] = true;
            slots[p] = q;
            offsets[p] = offsets[q];
            strides[p] = strides[q];
            tables[p] = tables[q];
            break;
          }
        }
      }
    }
    return new RandomRun(
        loop,
        new LoopArguments(rows, columns, group, slots, offsets, strides, tabled ? tables : null),
        arrays,
        starts);
  }

  private static DType dtype(Loop loop, int place) {
    if (place < loop.operands().size()) {
      return loop.operands().get(place).dtype();
    }
    int value = loop.results().get(place - loop.operands().size()).value();
    return LoopGraph.of(loop).get(value).kind() == Node.Kind.TRUTH ? DType.BOOL : loop.dtype();
  }

  private static int[] permutation(SplittableRandom random, int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static Object array(SplittableRandom random, DType dtype, int length, boolean special) {
    Object array =
        switch (dtype) {
          case FLOAT32 -> new float[length];
          case FLOAT64 -> new double[length];
          default -> new boolean[length];
        };
    for (int i = 0; i < length; i++) {
      double x =
          special && random.nextInt(8) == 0
              ? SPECIAL[random.nextInt(SPECIAL.length)]
              : random.nextDouble(-3, 3);
      switch (array) {
        case float[] floats -> floats[i] = (float) x;
        case double[] doubles -> doubles[i] = x;
        default -> ((boolean[]) array)[i] = x > 0;
      }
    }
    return array;
  }

  /// The same with arrays of its own.
  RandomRun copy() {
    Object[] own = new Object[arrays.length];
    for (int i = 0; i < own.length; i++) {
      own[i] =
          switch (arrays[i]) {
            case float[] floats -> floats.clone();
            case double[] doubles -> doubles.clone();
            default -> ((boolean[]) arrays[i]).clone();
          };
    }
    return new RandomRun(loop, arguments, own, offsets);
  }

  Rows rows() {
    return arguments.tables() == null ? Rows.STRIDED : Rows.TABLED;
  }

  /// Runs all of it.
  void with(Kernel kernel) {
    with(kernel, 0, arguments.rows(), 0, arguments.columns());
  }

  void with(Kernel kernel, int fromRow, int toRow, int fromColumn, int toColumn) {
    if (fromRow < toRow) {
      Schedule schedule = Schedule.of(loop);
      Scratch scratch = new Scratch();
      scratch.grow(VectorColumns.scratch(schedule), toColumn);
      kernel.run(arrays, offsets, arguments, scratch, fromRow, toRow, fromColumn, toColumn);
    }
  }

  /// All bits of all arrays, with one NaN.
  long[] bits() {
    return Arrays.stream(arrays)
        .flatMapToLong(array ->
            IntStream.range(0, Array.getLength(array))
                .mapToLong(i ->
                    switch (array) {
                      case float[] floats -> Float.floatToIntBits(floats[i]);
                      case double[] doubles -> Double.doubleToLongBits(doubles[i]);
                      default -> ((boolean[]) array)[i] ? 1 : 0;
                    }))
        .toArray();
  }
}
