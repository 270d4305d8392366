package nestor.opencl;

import static nestor.opencl.Call.arguments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import nestor.autodiff.ArgReduce;
import nestor.autodiff.ArgSort;
import nestor.autodiff.Binary;
import nestor.autodiff.Broadcast;
import nestor.autodiff.Cast;
import nestor.autodiff.Compare;
import nestor.autodiff.Concat;
import nestor.autodiff.CumulativeSum;
import nestor.autodiff.DType;
import nestor.autodiff.Flip;
import nestor.autodiff.Fold;
import nestor.autodiff.Gather;
import nestor.autodiff.IntegerDivision;
import nestor.autodiff.Logical;
import nestor.autodiff.MatMul;
import nestor.autodiff.Pad;
import nestor.autodiff.Permute;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Random;
import nestor.autodiff.Reduce;
import nestor.autodiff.Reshape;
import nestor.autodiff.ScatterAdd;
import nestor.autodiff.Shape;
import nestor.autodiff.Slice;
import nestor.autodiff.SolveLowerUnit;
import nestor.autodiff.StopGradient;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.Unfold;
import nestor.autodiff.Where;
import nestor.autodiff.Window;
import nestor.autodiff.plan.Kernel;
import nestor.opencl.source.PointwiseSource;
import nestor.opencl.source.Resource;
import nestor.opencl.source.Source;
import nestor.opencl.source.Types;

/// Operators that run by themselves, as calls of kernels written by hand.
final class Singles {
  /// Elements that one work item reduces.
  private static final int PIECE = 1024;

  private final Session session;
  private final Kernel.Single kernel;
  private final int groupSize;
  private final Shape shape;
  private final int size;
  private final TensorType first;

  private Singles(Session session, Kernel.Single kernel) {
    this.session = session;
    this.kernel = kernel;
    this.groupSize = session.groupSize();
    this.shape = kernel.type().shape();
    this.size = shape.size();
    this.first = kernel.types().isEmpty() ? kernel.type() : kernel.types().getFirst();
  }

  /// The calls that run an operator, one after the other.
  static List<Call> of(Session session, Kernel.Single kernel) {
    return new Singles(session, kernel).calls();
  }

  private List<Call> calls() {
    if (size == 0) {
      return List.of();
    }
    return switch (kernel.op()) {
      case Unary op -> pointwise();
      case Binary op -> pointwise();
      case Compare op -> pointwise();
      case Logical op -> pointwise();
      case IntegerDivision op -> pointwise();
      case PiecewiseConstant op -> pointwise();
      case Where op -> pointwise();
      case Cast op -> pointwise();
      case Reduce op -> reduce(op);
      case CumulativeSum op -> cumulativeSum(op);
      case ArgReduce op -> argReduce(op);
      case ArgSort op -> argSort(op);
      case SolveLowerUnit op -> solve(op);
      case Pad op -> pad(op);
      case Flip op -> flip(op);
      case Concat op -> concat(op);
      case Gather op -> gather(op);
      case ScatterAdd op -> scatterAdd(op);
      case Unfold op -> windows("unfold", op.window(), first.shape().toArray(), 2);
      case Fold op -> windows("fold", op.window(), shape.toArray(), 2);
      case Random op -> List.of(random(op));
      case MatMul op -> throw isNoSingle();
      case Reshape op -> throw isNoSingle();
      case Permute op -> throw isNoSingle();
      case Broadcast op -> throw isNoSingle();
      case Slice op -> throw isNoSingle();
      case StopGradient op -> throw isNoSingle();
    };
  }

  private IllegalStateException isNoSingle() {
    return new IllegalStateException(kernel.op().label() + " is a view or a product");
  }

  private Call.Slot in(int operand) {
    return new Call.Slot(kernel.in()[operand], 0);
  }

  private Call.Slot out() {
    return new Call.Slot(kernel.out(), 0);
  }

  private Call over(int count, Source source, Object... arguments) {
    return Call.over(count, source, arguments(arguments), groupSize);
  }

  private List<Call> pointwise() {
    List<DType> operands = kernel.types().stream().map(TensorType::dtype).toList();
    Source source = PointwiseSource.of(kernel.op(), operands, kernel.type().dtype());
    int[] layout = new int[1 + 4 * shape.rank()];
    layout[0] = shape.rank();
    System.arraycopy(shape.toArray(), 0, layout, 1, shape.rank());
    for (int i = 0; i < 3 && i < operands.size(); i++) {
      int[] strides = kernel.types().get(i).shape().stridesIn(shape);
      System.arraycopy(strides, 0, layout, 1 + (i + 1) * shape.rank(), shape.rank());
    }
    int last = operands.size() - 1;
    Call.Complaint complaint =
        new Call.Complaint(
            kernel.op() instanceof IntegerDivision
                ? session.fault(number -> "%s: a divisor is zero".formatted(kernel.op().label()))
                : 0);
    return List.of(
        over(
            size,
            source,
            in(0),
            in(Math.min(1, last)),
            in(Math.min(2, last)),
            out(),
            complaint,
            session.table(layout),
            size));
  }

  // ---------------------------------------------------------------- along axes

  /// Axes are reduced one after the other, the last one first, and long ones in pieces.
  private List<Call> reduce(Reduce op) {
    DType dtype = first.dtype();
    String type = Types.of(dtype);
    boolean sum = op.kind() == Reduce.Kind.SUM;
    String total = sum ? Types.total(dtype) : type;
    String least = dtype.isFloat() ? "-INFINITY" : dtype == DType.INT64 ? "LONG_MIN" : "INT_MIN";
    String larger = dtype.isFloat() ? "maximum_%s(a, b)".formatted(type) : "max(a, b)";
    String joined =
        sum
            ? (dtype.isFloat() ? "(a) + (b)" : "(%1$s)((u%1$s)(a) + (u%1$s)(b))".formatted(type))
            : larger;
    Map<String, String> macros =
        Map.of(
            "T", type,
            "TOTAL", total,
            "START", sum ? "0" : least,
            "JOIN(a, b)", joined,
            "PIECE", String.valueOf(PIECE));
    Source source = Resource.kernel("reduce", macros);
    List<Call> calls = new ArrayList<>();
    int[] dims = first.shape().toArray();
    Object from = in(0);
    int axes = op.axes().length();
    if (axes == 0) {
      return List.of(over(size, source, from, out(), size, 1, 1, 1));
    }
    for (int i = axes - 1; i >= 0; i--) {
      int axis = op.axes().get(i);
      int outer = product(dims, 0, axis);
      int inner = product(dims, axis + 1, dims.length);
      int length = dims[axis];
      while (true) {
        int pieces = Math.max(1, Math.ceilDiv(length, PIECE));
        boolean last = i == 0 && pieces == 1;
        Object to = last ? out() : session.scratch(dtype, outer * pieces * inner);
        calls.add(over(outer * pieces * inner, source, from, to, outer, length, inner, pieces));
        from = to;
        length = pieces;
        if (pieces == 1) {
          break;
        }
      }
      dims[axis] = 1;
    }
    return calls;
  }

  private static int product(int[] dims, int from, int to) {
    int product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= dims[axis];
    }
    return product;
  }

  private int outer(int axis) {
    return product(first.shape().toArray(), 0, axis);
  }

  private int inner(int axis) {
    return product(first.shape().toArray(), axis + 1, first.shape().rank());
  }

  private List<Call> cumulativeSum(CumulativeSum op) {
    boolean forward = op.direction() == CumulativeSum.Direction.FORWARD;
    Source source =
        Resource.kernel(
            "cumulative_sum",
            Map.of(
                "T", Types.of(first.dtype()),
                "TOTAL", Types.total(first.dtype()),
                "ORDER(k, n)", forward ? "(k)" : "((n) - 1 - (k))"));
    int outer = outer(op.axis());
    int inner = inner(op.axis());
    int length = shape.dim(op.axis());
    return List.of(over(outer * inner, source, in(0), out(), outer, length, inner));
  }

  private List<Call> argReduce(ArgReduce op) {
    String than = op.kind() == ArgReduce.Kind.ARGMAX ? ">" : "<";
    String beats =
        first.dtype().isFloat()
            ? "((b) == (b) && ((a) != (a) || (a) %s (b)))".formatted(than)
            : "((a) %s (b))".formatted(than);
    Source source =
        Resource.kernel("arg_reduce", Map.of("T", Types.of(first.dtype()), "BEATS(a, b)", beats));
    int outer = outer(op.axis());
    int inner = inner(op.axis());
    int length = first.shape().dim(op.axis());
    return List.of(over(outer * inner, source, in(0), out(), outer, length, inner));
  }

  private List<Call> argSort(ArgSort op) {
    int length = shape.dim(op.axis());
    int inner = inner(op.axis());
    String less =
        first.dtype().isFloat() ? "((a) < (b) || ((a) == (a) && (b) != (b)))" : "((a) < (b))";
    Source start = Resource.kernel("arg_sort_start", Map.of());
    Source merge =
        Resource.kernel("arg_sort_merge", Map.of("T", Types.of(first.dtype()), "LESS(a, b)", less));
    int steps = length <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(length - 1);
    Object scratch = steps == 0 ? out() : session.scratch(DType.INT64, size);
    Object to = steps % 2 == 0 ? out() : scratch;
    List<Call> calls = new ArrayList<>();
    calls.add(over(size, start, to, length, inner, size));
    for (int step = 0; step < steps; step++) {
      Object from = to;
      to = from == scratch ? out() : scratch;
      calls.add(over(size, merge, in(0), from, to, length, inner, 1 << step, size));
    }
    return calls;
  }

  private List<Call> solve(SolveLowerUnit op) {
    int n = shape.dim(-2);
    int p = shape.dim(-1);
    int batch = size / (n * p);
    Source source =
        Resource.kernel(
            "solve_lower_unit",
            Map.of(
                "T", Types.of(first.dtype()),
                "TOTAL", Types.total(first.dtype()),
                "TRANSPOSED", op.side() == MatMul.Side.TRANSPOSED ? "1" : "0"));
    return List.of(over(batch * p, source, in(0), in(1), out(), batch, n, p));
  }

  // ---------------------------------------------------------------- moves

  private List<Call> pad(Pad op) {
    List<Call> calls = new ArrayList<>();
    String type = Types.ofBytes(first.dtype().bytes());
    Source fill = Resource.kernel("fill", Map.of("T", type, "VALUE", "0"));
    calls.add(over(size, fill, out(), size));
    Shape from = first.shape();
    if (from.size() > 0) {
      Call.Slot to = new Call.Slot(kernel.out(), op.offset(shape));
      calls.add(copy(in(0), from.strides(), to, op.strides(shape), from.toArray()));
    }
    return calls;
  }

  private List<Call> flip(Flip op) {
    Call.Slot from = new Call.Slot(kernel.in()[0], op.offset(first.shape()));
    return List.of(copy(from, op.strides(first.shape()), out(), shape.strides(), shape.toArray()));
  }

  private List<Call> concat(Concat op) {
    List<Call> calls = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < kernel.in().length; i++) {
      Shape part = kernel.types().get(i).shape();
      if (part.size() > 0) {
        Call.Slot to = new Call.Slot(kernel.out(), start * shape.strides()[op.axis()]);
        calls.add(copy(in(i), part.strides(), to, shape.strides(), part.toArray()));
      }
      start += part.dim(op.axis());
    }
    return calls;
  }

  private Call copy(Call.Slot from, int[] read, Call.Slot to, int[] written, int[] dims) {
    return copy(session, first.dtype(), from, read, to, written, dims);
  }

  /// A copy of a strided view to another one.
  static Call copy(
      Session session,
      DType dtype,
      Call.Slot from,
      int[] read,
      Call.Slot to,
      int[] written,
      int[] dims) {
    int rank = dims.length;
    int[] layout = new int[1 + 3 * rank];
    layout[0] = rank;
    System.arraycopy(dims, 0, layout, 1, rank);
    System.arraycopy(read, 0, layout, 1 + rank, rank);
    System.arraycopy(written, 0, layout, 1 + 2 * rank, rank);
    int count = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    Source source = Resource.kernel("copy", Map.of("T", Types.ofBytes(dtype.bytes())));
    return Call.over(
        count, source, arguments(from, to, session.table(layout), count), session.groupSize());
  }

  // ---------------------------------------------------------------- indices

  private Call.Complaint complaint(int rows) {
    String label = kernel.op().label();
    return new Call.Complaint(
        session.fault(index -> "%s: index %d is outside 0 … %d".formatted(label, index, rows - 1)));
  }

  private Map<String, String> indexed() {
    return Map.of("T", Types.of(first.dtype()), "I", Types.of(kernel.types().get(1).dtype()));
  }

  private List<Call> gather(Gather op) {
    int axis = op.batchAxes();
    int rows = first.shape().dim(axis);
    int picked = shape.dim(axis);
    int width = product(shape.toArray(), axis + 1, shape.rank());
    int batch = product(shape.toArray(), 0, axis);
    return List.of(
        Call.over(
            width,
            batch * picked,
            Resource.kernel("gather", indexed()),
            arguments(in(0), in(1), out(), complaint(rows), batch, rows, picked, width),
            groupSize));
  }

  private List<Call> scatterAdd(ScatterAdd op) {
    int axis = op.batchAxes();
    int rows = shape.dim(axis);
    int count = kernel.types().get(1).shape().dim(axis);
    int width = product(shape.toArray(), axis + 1, shape.rank());
    int batch = product(shape.toArray(), 0, axis);
    return List.of(
        Call.over(
            width,
            batch * rows,
            Resource.kernel("scatter_add", indexed()),
            arguments(in(0), in(1), in(2), out(), complaint(rows), batch, rows, count, width),
            groupSize));
  }

  private List<Call> windows(String name, Window window, int[] image, int spatial) {
    int height = image[spatial];
    int width = image[spatial + 1];
    Source source = Resource.kernel(name, Map.of("T", Types.of(first.dtype())));
    return List.of(
        over(
            size,
            source,
            in(0),
            out(),
            height,
            width,
            window.height(),
            window.width(),
            window.stride(),
            window.padding(),
            window.count(height, window.height()),
            window.count(width, window.width()),
            size));
  }

  private Call random(Random op) {
    boolean wide = kernel.type().dtype().bytes() == 8;
    String what =
        switch (op.distribution()) {
          case Random.Words words -> "WORDS";
          case Random.Uniform uniform -> "UNIFORM";
          case Random.Normal normal -> "NORMAL";
          case Random.Integers integers -> "INTEGERS";
        };
    Map<String, String> macros =
        wide
            ? Map.of("T", Types.of(kernel.type().dtype()), what, "1", "WIDE", "1")
            : Map.of("T", Types.of(kernel.type().dtype()), what, "1");
    long low = op.distribution() instanceof Random.Integers(long l, long h) ? l : 0;
    long span = op.distribution() instanceof Random.Integers(long l, long h) ? h - l : 0;
    boolean words = op.distribution() instanceof Random.Words;
    int blocks = Math.ceilDiv(op.shape().size(), wide ? 2 : 4);
    int count = size / op.shape().size() * blocks;
    return over(
        count,
        Resource.kernel("random", macros),
        in(0),
        out(),
        op.shape().size(),
        blocks,
        count,
        words ? ((Random.Words) op.distribution()).start() : 0,
        words ? ((Random.Words) op.distribution()).domain() : 0,
        (int) low,
        (int) (low >>> 32),
        (int) span,
        (int) (span >>> 32));
  }
}
