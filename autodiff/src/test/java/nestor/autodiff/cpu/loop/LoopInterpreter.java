package nestor.autodiff.cpu.loop;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.Binary;
import nestor.autodiff.Cast;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.Logical;
import nestor.autodiff.Op;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Reduce;
import nestor.autodiff.StopGradient;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;
import nestor.autodiff.cpu.functions.FloatNumbers;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.LoopArguments;
import nestor.autodiff.plan.loop.Fusible;

/// What a [Loop] means, one number at a time. All numbers are held as `double`, truth values as 0
/// and 1.
///
/// @param loop the loop
/// @param arguments where operands and results lie
/// @param from the arrays that are read
/// @param to the arrays that are written
/// @param offsets where in each array its data start
record LoopInterpreter(
    Loop loop, LoopArguments arguments, Object[] from, Object[] to, int[] offsets) {

  void run(int fromRow, int toRow, int fromColumn, int toColumn) {
    List<Extent> extents = loop.extents();
    int columns = arguments.columns();
    double[][][] all = new double[toRow][][];
    for (int row = fromRow; row < toRow; row++) {
      double[][] values = new double[loop.instructions().size()][columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(loop.instructions().get(i), values, row);
      }
      all[row] = values;
      for (int r = 0; r < loop.results().size(); r++) {
        int place = loop.operands().size() + r;
        if (loop.results().get(r) instanceof Loop.Store(int value, Extent extent)) {
          int first = extent == Extent.ROW ? 0 : fromColumn;
          int end = extent == Extent.ROW ? 1 : toColumn;
          for (int c = first; c < end; c++) {
            int source = extents.get(value) == Extent.ROW ? 0 : c;
            write(place, position(place, row) + c, values[value][source]);
          }
        }
      }
    }
    for (int r = 0; r < loop.results().size(); r++) {
      if (loop.results().get(r) instanceof Loop.ColumnFold(Reduce.Kind kind, int value)) {
        int place = loop.operands().size() + r;
        int group = arguments.group();
        for (int g = fromRow / group; g < toRow / group; g++) {
          for (int c = fromColumn; c < toColumn; c++) {
            double total = kind == Reduce.Kind.SUM ? 0 : Double.NEGATIVE_INFINITY;
            for (int row = g * group; row < (g + 1) * group; row++) {
              double x = all[row][value][c];
              total = kind == Reduce.Kind.SUM ? total + x : Math.max(total, x);
            }
            write(place, position(place, g) + c, rounded(total));
          }
        }
      }
      if (loop.results().get(r) instanceof Loop.AreaFold(Reduce.Kind kind, int value)) {
        int place = loop.operands().size() + r;
        int group = arguments.group();
        for (int g = fromRow / group; g < toRow / group; g++) {
          double[] line =
              Arrays.stream(all, g * group, (g + 1) * group)
                  .flatMapToDouble(values -> Arrays.stream(values[value]))
                  .toArray();
          write(
              place, position(place, g), rounded(kind == Reduce.Kind.SUM ? sum(line) : max(line)));
        }
      }
    }
  }

  private double[] value(Loop.Instruction instruction, double[][] values, int row) {
    int columns = arguments.columns();
    List<Extent> extents = loop.extents();
    return switch (instruction) {
      case Loop.Load(int operand) -> {
        boolean wide = loop.operands().get(operand).extent() == Extent.ELEMENT;
        yield IntStream.range(0, wide ? columns : 1)
            .mapToDouble(c -> read(operand, position(operand, row) + c))
            .toArray();
      }
      case Loop.Constant(double value) -> new double[] {rounded(value)};
      case Loop.Apply(Op op, List<Integer> in) -> {
        boolean wide = in.stream().anyMatch(i -> extents.get(i) == Extent.ELEMENT);
        yield IntStream.range(0, wide ? columns : 1)
            .mapToDouble(c ->
                rounded(
                    apply(
                        op,
                        in.stream()
                            .mapToDouble(i -> values[i][extents.get(i) == Extent.ELEMENT ? c : 0])
                            .toArray())))
            .toArray();
      }
      case Loop.Product(int left, int right) -> {
        boolean l = extents.get(left) == Extent.ELEMENT;
        boolean r = extents.get(right) == Extent.ELEMENT;
        yield IntStream.range(0, l || r ? columns : 1)
            .mapToDouble(c -> fma(values[left][l ? c : 0], values[right][r ? c : 0], 0))
            .toArray();
      }
      case Loop.Fold(Reduce.Kind kind, int argument) ->
          new double[] {
            rounded(kind == Reduce.Kind.SUM ? sum(values[argument]) : max(values[argument]))
          };
      case Loop.Dot(int left, int right) -> new double[] {dot(values[left], values[right])};
    };
  }

  private double apply(Op op, double[] in) {
    double a = in[0];
    double b = in[in.length - 1];
    return switch (op) {
      case Unary unary ->
          switch (unary) {
            case NEG -> -a;
            case SQRT -> Math.sqrt(a);
            case RSQRT -> 1 / rounded(Math.sqrt(a));
            case RECIPROCAL -> 1 / a;
            case ABS -> Math.abs(a);
            case SQUARE -> a * a;
            case RELU -> a <= 0 ? 0 : a;
            default -> Fusible.expand(unary, new FloatNumbers(), (float) a);
          };
      case PiecewiseConstant step ->
          switch (step) {
            case SIGN -> a > 0 ? 1 : a < 0 ? -1 : a;
            case FLOOR -> Math.floor(a);
            case CEIL -> Math.ceil(a);
            case ROUND -> Math.rint(a);
          };
      case Binary.ADD -> a + b;
      case Binary.SUB -> a - b;
      case Binary.MUL -> a * b;
      case Binary.DIV -> a / b;
      case Binary.MAXIMUM -> Math.max(a, b);
      case Binary.MINIMUM -> Math.min(a, b);
      case Compare compare ->
          switch (compare) {
            case EQUAL -> a == b ? 1 : 0;
            case NOT_EQUAL -> a != b ? 1 : 0;
            case LESS -> a < b ? 1 : 0;
            case LESS_EQUAL -> a <= b ? 1 : 0;
            case GREATER -> a > b ? 1 : 0;
            case GREATER_EQUAL -> a >= b ? 1 : 0;
          };
      case Logical.AND -> a * b;
      case Logical.OR -> Math.max(a, b);
      case Logical.XOR -> a == b ? 0 : 1;
      case Where where -> a == 1 ? in[1] : b;
      case StopGradient identity -> a;
      case Cast(DType to) -> to == DType.BOOL ? (a != 0 ? 1 : 0) : a;
      default -> throw new IllegalArgumentException(op.label());
    };
  }

  private double fma(double a, double b, double c) {
    return loop.dtype() == DType.FLOAT32
        ? Math.fma((float) a, (float) b, (float) c)
        : Math.fma(a, b, c);
  }

  private static double sum(double[] x) {
    if (x.length < 16) {
      double sum = 0;
      for (double number : x) {
        sum += number;
      }
      return sum;
    }
    double[] lanes = new double[16];
    for (int i = 0; i < x.length; i++) {
      lanes[i % 16] += x[i];
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    return lanes[0];
  }

  private static double max(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    return max;
  }

  private double dot(double[] x, double[] y) {
    double[] lanes = new double[16];
    for (int i = 0; i < x.length; i++) {
      lanes[i % 16] = fma(x[i], y[i], lanes[i % 16]);
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] = rounded(lanes[lane] + lanes[lane + half]);
      }
    }
    return lanes[0];
  }

  private double rounded(double value) {
    return loop.dtype() == DType.FLOAT32 ? (float) value : value;
  }

  private int position(int place, int row) {
    int[][] tables = arguments.tables();
    int start = offsets[arguments.slots()[place]] + arguments.offsets()[place];
    return start
        + (tables == null || tables[place] == null
            ? row * arguments.rowStrides()[place]
            : tables[place][row]);
  }

  private double read(int place, int at) {
    return switch (from[arguments.slots()[place]]) {
      case float[] floats -> floats[at];
      case double[] doubles -> doubles[at];
      case boolean[] truths -> truths[at] ? 1 : 0;
      default -> throw new IllegalArgumentException();
    };
  }

  private void write(int place, int at, double value) {
    switch (to[arguments.slots()[place]]) {
      case float[] floats -> floats[at] = (float) value;
      case double[] doubles -> doubles[at] = value;
      case boolean[] truths -> truths[at] = value != 0;
      default -> throw new IllegalArgumentException();
    }
  }
}
