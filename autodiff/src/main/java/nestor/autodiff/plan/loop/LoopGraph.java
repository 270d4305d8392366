package nestor.autodiff.plan.loop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import nestor.autodiff.cpu.functions.FloatAlgebra;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.loop.Node.Kind;
import nestor.autodiff.plan.loop.Node.Operation;

/// A [Loop] in machine operations, equal ones shared. Elementary functions are expanded here, so
/// that scalar and vector code compute them alike.
public final class LoopGraph implements FloatAlgebra<Node, Node, Node> {
  private static final int HEAVIEST = 1 << 16;

  private record Key(Operation operation, List<Integer> arguments, long number, String name) {}

  private final Loop loop;
  private final Map<Key, Node> known = new HashMap<>();
  private final List<Node> values = new ArrayList<>();
  private int count;

  private LoopGraph(Loop loop) {
    this.loop = loop;
  }

  /// The nodes of the instructions' values, in their order, and behind them those of the results
  /// that are [Loop.AreaFold]s.
  public static List<Node> of(Loop loop) {
    LoopGraph graph = new LoopGraph(loop);
    for (Loop.Instruction instruction : loop.instructions()) {
      graph.values.add(graph.value(instruction));
    }
    for (Loop.Result result : loop.results()) {
      if (result instanceof Loop.AreaFold(Reduce.Kind kind, int value)) {
        List<Node> argument = List.of(graph.values.get(value));
        graph.values.add(graph.node(reduction(kind), argument, 0, "area"));
      }
    }
    return List.copyOf(graph.values);
  }

  private static Operation reduction(Reduce.Kind kind) {
    return kind == Reduce.Kind.SUM ? Operation.SUM : Operation.LARGEST;
  }

  /// How many operations an operator expands to.
  public static int size(DType dtype, Op op) {
    int operands =
        switch (op) {
          case Binary binary -> 2;
          case Compare compare -> 2;
          case Logical logical -> 2;
          case Where where -> 3;
          default -> 1;
        };
    DType first =
        op instanceof Logical || op instanceof Where || op instanceof Cast ? DType.BOOL : dtype;
    List<Loop.Operand> read = new ArrayList<>();
    List<Loop.Instruction> instructions = new ArrayList<>();
    List<Integer> arguments = new ArrayList<>();
    for (int i = 0; i < operands; i++) {
      DType type = i == 0 || op instanceof Logical ? first : dtype;
      read.add(new Loop.Operand(type, Extent.ELEMENT));
      instructions.add(new Loop.Load(i));
      arguments.add(i);
    }
    instructions.add(new Loop.Apply(op, arguments));
    LoopGraph graph = new LoopGraph(new Loop(dtype, read, instructions, List.of()));
    instructions.forEach(instruction -> graph.values.add(graph.value(instruction)));
    long constants = graph.known.values().stream().filter(Node::isConstant).count();
    return graph.count - operands - (int) constants;
  }

  private Node value(Loop.Instruction instruction) {
    return switch (instruction) {
      case Loop.Load(int operand) ->
          loop.operands().get(operand).dtype() == DType.BOOL
              ? leaf(Operation.LOAD_TRUTH, operand)
              : leaf(Operation.LOAD, operand);
      case Loop.Constant(double value) -> real(value);
      case Loop.Apply(Op op, List<Integer> arguments) ->
          apply(op, arguments.stream().map(values::get).toList());
      case Loop.Product(int left, int right) -> fma(values.get(left), values.get(right), real(0));
      case Loop.Fold(Reduce.Kind kind, int argument) ->
          node(reduction(kind), List.of(values.get(argument)));
      case Loop.Dot(int left, int right) ->
          node(Operation.DOT, List.of(values.get(left), values.get(right)));
    };
  }

  private Node apply(Op op, List<Node> in) {
    if (!Fusible.is(loop.dtype(), op)) {
      throw new IllegalArgumentException(op.label() + " of " + loop.dtype() + " cannot be fused");
    }
    Node a = in.getFirst();
    Node b = in.getLast();
    return switch (op) {
      case Unary unary -> unary(unary, a);
      case PiecewiseConstant step -> step(step, a);
      case Binary.ADD -> add(a, b);
      case Binary.SUB -> subtract(a, b);
      case Binary.MUL -> multiply(a, b);
      case Binary.DIV -> divide(a, b);
      case Binary.MAXIMUM -> node(Operation.MAXIMUM, in);
      case Binary.MINIMUM -> node(Operation.MINIMUM, in);
      case Compare compare -> compare(compare, a, b);
      case Logical.AND -> node(Operation.BOTH, in);
      case Logical.OR -> either(a, b);
      case Logical.XOR -> node(Operation.DIFFER, in);
      case Where where -> where(a, in.get(1), b);
      case StopGradient identity -> a;
      case Cast(DType to) -> cast(a, to);
      default -> throw new IllegalArgumentException(op.label() + " is not pointwise");
    };
  }

  private Node unary(Unary op, Node x) {
    return switch (op) {
      case NEG -> negate(x);
      case SQRT -> squareRoot(x);
      case RSQRT -> divide(real(1), squareRoot(x));
      case RECIPROCAL -> divide(real(1), x);
      case ABS -> absolute(x);
      case SQUARE -> multiply(x, x);
      case RELU -> select(lessEqual(x, real(0)), real(0), x);
      case EXP, EXPM1, LOG, LOG1P, SIN, COS, ATAN, TANH, SIGMOID, SOFTPLUS, ERF ->
          Fusible.expand(op, this, x);
    };
  }

  /// Halves are rounded to even by adding a number whose last bit is worth 1.
  private Node step(PiecewiseConstant op, Node x) {
    Node zero = real(0);
    if (op == PiecewiseConstant.SIGN) {
      return select(less(zero, x), real(1), select(less(x, zero), real(-1), x));
    }
    boolean wide = loop.dtype() == DType.FLOAT64;
    Node large = real(wide ? 0x1p52 : 0x1p23);
    Node size = absolute(x);
    Node sign = and(bits(x), word(wide ? Long.MIN_VALUE : Integer.MIN_VALUE));
    Node nearest = withSign(subtract(add(size, large), large), sign);
    Node whole =
        switch (op) {
          case ROUND, SIGN -> nearest;
          case FLOOR -> select(less(x, nearest), subtract(nearest, real(1)), nearest);
          case CEIL -> withSign(select(less(nearest, x), add(nearest, real(1)), nearest), sign);
        };
    return select(less(size, large), whole, x);
  }

  private Node withSign(Node x, Node sign) {
    return number(or(bits(x), sign));
  }

  private Node compare(Compare op, Node a, Node b) {
    if (a.kind() == Kind.TRUTH) {
      Node differ = node(Operation.DIFFER, List.of(a, b));
      return op == Compare.EQUAL ? not(differ) : differ;
    }
    return switch (op) {
      case EQUAL -> equal(a, b);
      case NOT_EQUAL -> not(equal(a, b));
      case LESS -> less(a, b);
      case LESS_EQUAL -> lessEqual(a, b);
      case GREATER -> less(b, a);
      case GREATER_EQUAL -> lessEqual(b, a);
    };
  }

  private Node where(Node condition, Node yes, Node no) {
    return yes.kind() == Kind.NUMBER
        ? select(condition, yes, no)
        : either(
            node(Operation.BOTH, List.of(condition, yes)),
            node(Operation.BOTH, List.of(not(condition), no)));
  }

  private Node cast(Node a, DType to) {
    if ((to == DType.BOOL) == (a.kind() == Kind.TRUTH)) {
      return a;
    }
    return to == DType.BOOL ? not(equal(a, real(0))) : select(a, real(1), real(0));
  }

  private Node leaf(Operation operation, int operand) {
    return node(operation, List.of(), operand, "");
  }

  private Node node(Operation operation, List<Node> arguments) {
    return node(operation, arguments, 0, "");
  }

  private Node node(Operation operation, List<Node> arguments, long number, String name) {
    Key key = new Key(operation, arguments.stream().map(Node::id).toList(), number, name);
    return known.computeIfAbsent(key, k -> created(operation, arguments, number, name));
  }

  private Node created(Operation operation, List<Node> arguments, long number, String name) {
    Extent extent =
        operation.isLoad()
            ? loop.operands().get((int) number).extent()
            : operation.isReduction() || arguments.stream().allMatch(Node::isPerRow)
                ? Extent.ROW
                : Extent.ELEMENT;
    int stage = arguments.stream().mapToInt(Node::stage).max().orElse(0);
    int weight =
        extent == Extent.ROW
            ? 0
            : operation.weight() + arguments.stream().mapToInt(Node::weight).sum();
    return new Node(
        count++,
        operation,
        operation.kind(),
        arguments,
        number,
        name,
        extent,
        operation.isReduction() ? stage + 1 : stage,
        Math.min(weight, HEAVIEST));
  }

  private Node real(double value) {
    double held = loop.dtype() == DType.FLOAT32 ? (float) value : value;
    return node(Operation.CONSTANT, List.of(), Double.doubleToRawLongBits(held), "");
  }

  private Node word(long bits) {
    return node(Operation.INTEGER, List.of(), bits, "");
  }

  private Node lessEqual(Node a, Node b) {
    return node(Operation.LESS_EQUAL, List.of(a, b));
  }

  @Override
  public Node constant(float value) {
    return real(value);
  }

  @Override
  public Node add(Node a, Node b) {
    return node(Operation.ADD, List.of(a, b));
  }

  @Override
  public Node subtract(Node a, Node b) {
    return node(Operation.SUBTRACT, List.of(a, b));
  }

  @Override
  public Node multiply(Node a, Node b) {
    return node(Operation.MULTIPLY, List.of(a, b));
  }

  @Override
  public Node divide(Node a, Node b) {
    return node(Operation.DIVIDE, List.of(a, b));
  }

  @Override
  public Node fma(Node a, Node b, Node c) {
    return node(Operation.FMA, List.of(a, b, c));
  }

  private Node negate(Node a) {
    return node(Operation.NEGATE, List.of(a));
  }

  @Override
  public Node absolute(Node a) {
    return node(Operation.ABSOLUTE, List.of(a));
  }

  private Node squareRoot(Node a) {
    return node(Operation.SQUARE_ROOT, List.of(a));
  }

  @Override
  public Node bits(Node a) {
    return node(Operation.BITS, List.of(a));
  }

  @Override
  public Node number(Node bits) {
    return node(Operation.NUMBER, List.of(bits));
  }

  @Override
  public Node integer(int value) {
    return word(value);
  }

  @Override
  public Node plus(Node a, Node b) {
    return node(Operation.PLUS, List.of(a, b));
  }

  @Override
  public Node minus(Node a, Node b) {
    return node(Operation.MINUS, List.of(a, b));
  }

  @Override
  public Node and(Node a, Node b) {
    return node(Operation.AND, List.of(a, b));
  }

  @Override
  public Node or(Node a, Node b) {
    return node(Operation.OR, List.of(a, b));
  }

  @Override
  public Node xor(Node a, Node b) {
    return node(Operation.XOR, List.of(a, b));
  }

  @Override
  public Node shiftLeft(Node a, int by) {
    return node(Operation.SHIFT_LEFT, List.of(a), by, "");
  }

  @Override
  public Node shiftRight(Node a, int by) {
    return node(Operation.SHIFT_RIGHT, List.of(a), by, "");
  }

  @Override
  public Node less(Node a, Node b) {
    return node(Operation.LESS, List.of(a, b));
  }

  @Override
  public Node equal(Node a, Node b) {
    return node(Operation.EQUAL, List.of(a, b));
  }

  @Override
  public Node not(Node a) {
    return node(Operation.NOT, List.of(a));
  }

  private Node either(Node a, Node b) {
    return node(Operation.EITHER, List.of(a, b));
  }

  @Override
  public Node select(Node condition, Node yes, Node no) {
    return node(Operation.SELECT, List.of(condition, yes, no));
  }

  @Override
  public Node patch(Node condition, Node argument, Node result, String exact) {
    return node(Operation.PATCH, List.of(condition, argument, result), 0, exact);
  }
}
