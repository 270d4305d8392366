package nestor.autodiff.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import nestor.autodiff.Binary;
import nestor.autodiff.Broadcast;
import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.Ints;
import nestor.autodiff.Logical;
import nestor.autodiff.MatMul;
import nestor.autodiff.Op;
import nestor.autodiff.Permute;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Program;
import nestor.autodiff.Reduce;
import nestor.autodiff.Reshape;
import nestor.autodiff.Shape;
import nestor.autodiff.Slice;
import nestor.autodiff.StopGradient;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;
import org.jspecify.annotations.Nullable;

/// Turns a program into nodes: drops what no result needs, computes nothing twice, folds constants
/// and moves of elements away.
final class Lowering {
  private final Program program;
  private final Loops loops;
  private final List<TensorType> types = new ArrayList<>();
  private final Map<Integer, Object> constants = new HashMap<>();
  private final Map<Integer, Double> numbers = new HashMap<>();
  private final Map<Bits, Integer> numberIds = new HashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Key, Integer> known = new HashMap<>();
  private final @Nullable Ref[] refs;

  private record Bits(DType dtype, long bits) {}

  private record Key(Node.Work work, List<Ref> inputs, TensorType type, int region) {}

  private Lowering(Program program, Loops loops) {
    this.program = program;
    this.loops = loops;
    this.refs = new @Nullable Ref[program.types().size()];
  }

  static Lowered lower(Program program, Loops loops) {
    return new Lowering(program, loops).lower();
  }

  private Lowered lower() {
    for (int i = 0; i < program.inputs(); i++) {
      refs[i] = whole(add(program.types().get(i)));
    }
    for (Program.Constant constant : program.constants()) {
      refs[constant.id()] = constant(program.types().get(constant.id()), constant.array());
    }
    boolean[] needed = needed();
    for (Program.Step step : program.steps()) {
      if (isNeeded(step, needed)) {
        switch (step) {
          case Program.Apply apply -> refs[apply.out()] = apply(apply);
          case Program.Repeat repeat -> repeat(repeat);
          case Program.Choose choose -> choose(choose);
          case Program.Attached attached -> attached(attached);
        }
      }
    }
    int[] outputs = new int[program.outputs().length];
    boolean[] taken = new boolean[types.size() + outputs.length];
    BitSet computed = new BitSet();
    nodes.forEach(node -> node.results().forEach(computed::set));
    for (int i = 0; i < outputs.length; i++) {
      Ref ref = refs[program.outputs()[i]];
      if (!computed.get(ref.value()) || taken[ref.value()] || !isWhole(ref)) {
        TensorType type = program.types().get(program.outputs()[i]);
        ref = whole(fresh(copying(ref, type), type, 0, List.of(ref)));
      }
      outputs[i] = ref.value();
      taken[ref.value()] = true;
    }
    return new Lowered(
        List.copyOf(types),
        program.inputs(),
        Map.copyOf(constants),
        Map.copyOf(numbers),
        withoutUnused(outputs),
        outputs);
  }

  private static boolean isNeeded(Program.Step step, boolean[] needed) {
    return step instanceof Program.Apply apply
        ? needed[apply.out()]
        : Arrays.stream(step.results()).anyMatch(id -> needed[id]);
  }

  private boolean[] needed() {
    boolean[] needed = new boolean[program.types().size()];
    for (int id : program.outputs()) {
      needed[id] = true;
    }
    for (int i = program.steps().size() - 1; i >= 0; i--) {
      Program.Step step = program.steps().get(i);
      if (isNeeded(step, needed)) {
        for (int id : step.in()) {
          needed[id] = true;
        }
      }
    }
    return needed;
  }

  private List<Node> withoutUnused(int[] outputs) {
    boolean[] used = new boolean[types.size()];
    for (int id : outputs) {
      used[id] = true;
    }
    List<Node> kept = new ArrayList<>();
    for (Node node : nodes.reversed()) {
      if (node.results().anyMatch(id -> used[id])) {
        kept.addFirst(node);
        for (Ref input : node.inputs()) {
          used[input.value()] = true;
        }
      }
    }
    return List.copyOf(kept);
  }

  // ---------------------------------------------------------------- values

  private int add(TensorType type) {
    types.add(type);
    return types.size() - 1;
  }

  private Ref whole(int value) {
    return new Ref(value, View.of(types.get(value).shape()));
  }

  private boolean isWhole(Ref ref) {
    return !numbers.containsKey(ref.value())
        && ref.view().isWhole()
        && ref.view().size() == types.get(ref.value()).shape().size();
  }

  private Ref constant(TensorType type, Object array) {
    Cells cells = new Cells(type, array);
    if (cells.size() > 0 && (type.dtype().isFloat() || type.dtype() == DType.BOOL)) {
      double first = number(cells, 0);
      boolean same = true;
      for (int i = 1; i < cells.size() && same; i++) {
        same = Double.doubleToRawLongBits(number(cells, i)) == Double.doubleToRawLongBits(first);
      }
      if (same) {
        return number(type, first);
      }
    }
    int id = add(type);
    constants.put(id, array);
    return whole(id);
  }

  private static double number(Cells cells, int i) {
    return cells.dtype() == DType.BOOL ? (cells.bool(i) ? 1 : 0) : cells.real(i);
  }

  /// One number, repeated.
  private Ref number(TensorType type, double value) {
    Bits key = new Bits(type.dtype(), Double.doubleToRawLongBits(value));
    int id = numberIds.computeIfAbsent(key, k -> add(new TensorType(type.dtype(), Shape.SCALAR)));
    numbers.put(id, value);
    return new Ref(id, View.of(Shape.SCALAR).broadcast(type.shape().toArray()));
  }

  private Ref node(Node.Work work, TensorType type, int region, List<Ref> inputs) {
    Key key = new Key(work, inputs, type, region);
    Integer id = known.get(key);
    if (id == null) {
      id = fresh(work, type, region, inputs);
      known.put(key, id);
    }
    return whole(id);
  }

  private int fresh(Node.Work work, TensorType type, int region, List<Ref> inputs) {
    int id = add(type);
    nodes.add(new Node(work, inputs, id, List.of(), region));
    return id;
  }

  /// How to copy a view: as a part of a loop if its rows have a stride of 1 or 0.
  private static Node.Work copying(Ref ref, TensorType type) {
    boolean inLoop = isLoopType(type) && (ref.view().run() > 1 || ref.view().size() == 1);
    return inLoop ? new Node.Point(new StopGradient()) : new Node.Copy();
  }

  /// The elements as a whole array.
  private Ref array(Ref ref, TensorType type, int region) {
    if (isWhole(ref)) {
      return new Ref(ref.value(), View.of(type.shape()));
    }
    Double number = numbers.get(ref.value());
    if (number == null) {
      return node(copying(ref, type), type, region, List.of(ref));
    }
    int id = add(type);
    Object array = Cells.newArray(type);
    Cells.fill(array, number);
    constants.put(id, array);
    return whole(id);
  }

  /// A view whose rows of this many columns a loop can read; a copy if need be.
  private Ref readable(Ref ref, TensorType type, int columns, int region) {
    if (ref.view().run() % columns == 0 && (ref.view().run() > 1 || ref.view().size() == 1)) {
      return ref;
    }
    return node(copying(ref, type), type, region, List.of(ref));
  }

  private static boolean isLoopType(TensorType type) {
    return type.dtype().isFloat() || type.dtype() == DType.BOOL;
  }

  // ---------------------------------------------------------------- operators

  private Ref apply(Program.Apply step) {
    Ref[] in = Arrays.stream(step.in()).mapToObj(id -> refs[id]).toArray(Ref[]::new);
    TensorType[] given =
        Arrays.stream(step.in()).mapToObj(program.types()::get).toArray(TensorType[]::new);
    TensorType type = program.types().get(step.out());
    int[] dims = type.shape().toArray();
    View first = in[0].view();
    return switch (step.op()) {
      case StopGradient same -> in[0];
      case Reshape reshape -> reshaped(in[0], given[0], type, step.region());
      case Broadcast broadcast -> new Ref(in[0].value(), first.broadcast(dims));
      case Permute permute -> new Ref(in[0].value(), first.permute(permute));
      case Slice slice -> new Ref(in[0].value(), first.slice(slice, type.shape()));
      case Cast cast when given[0].dtype() == cast.to() -> in[0];
      case Unary op -> pointwise(step, in, given, type);
      case PiecewiseConstant op -> pointwise(step, in, given, type);
      case Binary op -> pointwise(step, in, given, type);
      case Compare op -> pointwise(step, in, given, type);
      case Logical op -> pointwise(step, in, given, type);
      case Where op -> pointwise(step, in, given, type);
      case Cast op -> pointwise(step, in, given, type);
      case Reduce reduce when type.dtype().isFloat() ->
          reduced(reduce, in[0], given[0], step.region());
      case MatMul product -> product(product, in, type, step.region());
      default -> single(step, in, given, type);
    };
  }

  private Ref single(Program.Apply step, Ref[] in, TensorType[] given, TensorType type) {
    List<Ref> arrays = new ArrayList<>();
    for (int i = 0; i < in.length; i++) {
      arrays.add(array(in[i], given[i], step.region()));
    }
    return node(new Node.Single(step.op()), type, step.region(), arrays);
  }

  /// A scan; an output that is the carry as it enters each step is not computed by the body, but is
  /// where the carries themselves are.
  private void repeat(Program.Repeat step) {
    Program body = step.body();
    int[] outputs = body.outputs();
    int[] stacked = new int[outputs.length - step.carries()];
    List<Integer> computed = new ArrayList<>();
    for (int i = 0; i < outputs.length; i++) {
      boolean carry = i >= step.carries() && outputs[i] < step.carries();
      if (i >= step.carries()) {
        stacked[i - step.carries()] = carry ? outputs[i] : -1;
        for (int j = 0; j < i - step.carries() && carry; j++) {
          if (stacked[j] == outputs[i]) { // a second stack of the same carry is a copy
            stacked[i - step.carries()] = -1;
            carry = false;
          }
        }
      }
      if (!carry) {
        computed.add(outputs[i]);
      }
    }
    Program shorter =
        new Program(
            body.types(),
            body.inputs(),
            body.donated(),
            body.constants(),
            body.steps(),
            computed.stream().mapToInt(Integer::intValue).toArray());
    List<Ref> inputs = new ArrayList<>();
    for (int i = 0; i < step.in().length; i++) {
      TensorType type = program.types().get(step.in()[i]);
      Ref ref = refs[step.in()[i]];
      boolean overTime = i >= step.carries() && i < step.carries() + step.inputs();
      boolean fits =
          !numbers.containsKey(ref.value())
              && (overTime ? ref.view().first().isContiguous() : ref.view().isContiguous());
      inputs.add(fits ? ref : array(ref, type, step.region()));
    }
    severalResults(new Node.Repeat(Schedule.of(shorter, loops), step, stacked), inputs, step);
  }

  private void choose(Program.Choose step) {
    Node.Work work =
        new Node.Choose(Schedule.of(step.whenTrue(), loops), Schedule.of(step.whenFalse(), loops));
    severalResults(work, arrays(step), step);
  }

  private void attached(Program.Attached step) {
    Schedule definition = Schedule.of(step.definition(), loops);
    severalResults(new Node.Attached(step.pass(), definition), arrays(step), step);
  }

  private List<Ref> arrays(Program.Step step) {
    return Arrays.stream(step.in())
        .mapToObj(id -> array(refs[id], program.types().get(id), step.region()))
        .toList();
  }

  private void severalResults(Node.Work work, List<Ref> inputs, Program.Step step) {
    List<Integer> results = new ArrayList<>();
    for (int id : step.results()) {
      results.add(add(program.types().get(id)));
      refs[id] = whole(results.getLast());
    }
    List<Integer> more = results.subList(1, results.size());
    nodes.add(new Node(work, inputs, results.getFirst(), more, step.region()));
  }

  private Ref reshaped(Ref ref, TensorType from, TensorType to, int region) {
    View view = ref.view().reshape(to.shape().toArray());
    return view != null
        ? new Ref(ref.value(), view)
        : new Ref(array(ref, from, region).value(), View.of(to.shape()));
  }

  private Ref pointwise(Program.Apply step, Ref[] in, TensorType[] given, TensorType type) {
    int[] dims = type.shape().toArray();
    DType numbers = numbersOf(step.op(), given, type);
    if (numbers == null || !numbers.isFloat() || !loops.supports(numbers, step.op())) {
      return single(step, in, given, type);
    }
    Ref simpler = Algebra.simplify(step.op(), in, this.numbers::get);
    if (simpler != null) {
      return new Ref(simpler.value(), simpler.view().broadcast(dims));
    }
    Double folded = Algebra.fold(step.op(), in, type.dtype(), numbers, this.numbers::get);
    if (folded != null) {
      return number(type, folded);
    }
    Op op = step.op();
    List<Ref> inputs = new ArrayList<>();
    for (int i = 0; i < in.length; i++) {
      Double number = this.numbers.get(in[i].value());
      Ref input = in[i];
      if (i == 1 && op == Binary.DIV && number != null && Algebra.isPowerOfTwo(number)) {
        op = Binary.MUL;
        input = number(given[i], 1 / number);
      }
      boolean repeats = input.view().broadcast(dims).run() == 1;
      Ref ready =
          repeats && type.shape().size() > 1 ? readable(input, given[i], 1, step.region()) : input;
      inputs.add(new Ref(ready.value(), ready.view().broadcast(dims)));
    }
    return node(new Node.Point(op), type, step.region(), inputs);
  }

  /// The type of the numbers among operands and result, or null where that is no single one.
  private static @Nullable DType numbersOf(Op op, TensorType[] given, TensorType type) {
    DType numbers = null;
    for (TensorType each : Stream.concat(Arrays.stream(given), Stream.of(type)).toList()) {
      if (each.dtype() != DType.BOOL) {
        if (numbers != null && numbers != each.dtype()) {
          return null;
        }
        numbers = each.dtype();
      }
    }
    return numbers == null ? (op instanceof Logical ? DType.FLOAT32 : null) : numbers;
  }

  /// Groups of neighbouring axes one after the other, the last one first.
  private Ref reduced(Reduce op, Ref in, TensorType given, int region) {
    int[] dims = given.shape().toArray();
    Ref ref = in;
    for (int last = op.axes().length() - 1; last >= 0; ) {
      int first = last;
      while (first > 0 && op.axes().get(first - 1) == op.axes().get(first) - 1) {
        first--;
      }
      int from = op.axes().get(first);
      int to = op.axes().get(last) + 1;
      int outer = product(dims, 0, from);
      int group = product(dims, from, to);
      int inner = product(dims, to, dims.length);
      TensorType before = new TensorType(given.dtype(), Shape.of(dims));
      Arrays.fill(dims, from, to, 1);
      TensorType after = new TensorType(given.dtype(), Shape.of(dims));
      boolean pieces = op.kind() == Reduce.Kind.SUM && group > Loop.LONGEST_SUM;
      if (outer * group * inner == 0 || (inner == 1 && pieces && group % Loop.LONGEST_SUM != 0)) {
        ref =
            node(
                new Node.Single(
                    new Reduce(op.kind(), Ints.of(IntStream.range(from, to).toArray()))),
                after,
                region,
                List.of(array(ref, before, region)));
      } else if (group == 1) { // 0 + x, which is x but for −0
        Node.Work work =
            op.kind() == Reduce.Kind.SUM
                ? new Node.Point(Binary.ADD)
                : new Node.Point(new StopGradient());
        Ref x = readable(ref, before, 1, region);
        List<Ref> terms = op.kind() == Reduce.Kind.SUM ? List.of(x, number(before, 0)) : List.of(x);
        ref = node(work, after, region, terms);
      } else if (inner == 1) {
        if (pieces) { // their sums first, then the sum of those
          int length = Loop.LONGEST_SUM;
          int count = group / length;
          Ref rows = readable(ref, before, length, region);
          TensorType sums = new TensorType(given.dtype(), Shape.of(outer, count));
          ref = node(new Node.RowFold(op.kind(), length), sums, region, List.of(rows));
          Reduce rest = new Reduce(op.kind(), Ints.of(1));
          ref = new Ref(reduced(rest, ref, sums, region).value(), View.of(after.shape()));
        } else {
          Ref rows = readable(ref, before, group, region);
          ref = node(new Node.RowFold(op.kind(), group), after, region, List.of(rows));
        }
      } else {
        Ref rows = readable(ref, before, inner, region);
        ref = node(new Node.GroupFold(op.kind(), group, inner), after, region, List.of(rows));
      }
      last = first - 1;
    }
    return ref;
  }

  private static int product(int[] dims, int from, int to) {
    int product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= dims[axis];
    }
    return product;
  }

  private Ref product(MatMul op, Ref[] in, TensorType type, int region) {
    int[] dims = type.shape().toArray();
    int rank = dims.length;
    View a = op.left() == MatMul.Side.PLAIN ? in[0].view() : in[0].view().transposed();
    View b = op.right() == MatMul.Side.PLAIN ? in[1].view() : in[1].view().transposed();
    int m = dims[rank - 2];
    int n = dims[rank - 1];
    int k = a.dims()[a.dims().length - 1];
    int[] left = dims.clone();
    left[rank - 1] = k;
    int[] right = dims.clone();
    right[rank - 2] = k;
    Ref x = new Ref(in[0].value(), a.broadcast(left));
    Ref y = new Ref(in[1].value(), b.broadcast(right));
    if (type.shape().size() == 0 || k == 0) {
      return node(new Node.Product(op), type, region, List.of(x, y));
    }
    if (k == 1) {
      Ref rows = new Ref(x.value(), x.view().broadcast(dims));
      Ref columns = new Ref(y.value(), y.view().broadcast(dims));
      return node(new Node.Outer(), type, region, List.of(rows, columns));
    }
    if (m == 1 || n == 1) {
      View rows = x.view().insert(rank - 1, n, 0); // [batch, m, n, k]
      View columns = y.view().transposed().insert(rank - 2, m, 0);
      if (rows.run() % k == 0 && columns.run() % k == 0) {
        List<Ref> inputs = List.of(new Ref(x.value(), rows), new Ref(y.value(), columns));
        return node(new Node.RowDot(k), type, region, inputs);
      }
    }
    return node(new Node.Product(op), type, region, List.of(x, y));
  }
}
