package nestor.autodiff.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Loop.Extent;
import org.jspecify.annotations.Nullable;

/// Writes a group of nodes down as a [Loop] with its arguments.
final class LoopBuilder {
  private final Lowered program;
  private final Group group;
  private final boolean[] written;
  private final Buffers buffers;
  private final int columns;
  private final int rows;
  private final List<Loop.Operand> operands = new ArrayList<>();
  private final List<Loop.Instruction> instructions = new ArrayList<>();
  private final List<Loop.Result> results = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();
  private final Map<Integer, Integer> computed = new HashMap<>();
  private final Map<Object, Integer> loads = new HashMap<>();

  /// Where rows of an operand or result begin.
  private record Place(int slot, int offset, int rowStride, int @Nullable [] table) {}

  private record Load(int value, View rows, Extent extent) {}

  LoopBuilder(Lowered program, Group group, boolean[] written, Buffers buffers) {
    this.program = program;
    this.group = group;
    this.written = written;
    this.buffers = buffers;
    this.columns = group.width();
    this.rows = group.size() / columns;
  }

  Kernel.Fused kernel() {
    for (Node node : group.nodes()) {
      computed.put(node.out(), instruction(node));
    }
    List<Place> all = new ArrayList<>(places);
    for (int i = 0; i < written.length; i++) {
      if (written[i]) {
        all.add(result(group.nodes().get(i)));
      }
    }
    Loop loop =
        new Loop(
            group.dtype().orElse(DType.FLOAT32),
            List.copyOf(operands),
            List.copyOf(instructions),
            List.copyOf(results));
    int[][] tables = all.stream().map(Place::table).toArray(int[][]::new);
    boolean regular = all.stream().allMatch(place -> place.table == null);
    LoopArguments arguments =
        new LoopArguments(
            rows,
            columns,
            Math.max(1, group.fold()),
            all.stream().mapToInt(Place::slot).toArray(),
            all.stream().mapToInt(Place::offset).toArray(),
            all.stream().mapToInt(Place::rowStride).toArray(),
            regular ? null : tables);
    return new Kernel.Fused(loop, arguments);
  }

  private int instruction(Node node) {
    boolean perRow = group.isPerRow(node, program);
    boolean fold = node.foldsRows();
    List<Integer> arguments = new ArrayList<>();
    for (Ref input : node.inputs()) {
      arguments.add(operand(input, perRow && !fold));
    }
    return switch (node.work()) {
      case Node.Point(var op) -> add(new Loop.Apply(op, List.copyOf(arguments)));
      case Node.Outer outer -> add(new Loop.Product(arguments.get(0), arguments.get(1)));
      case Node.RowFold(var kind, int width) -> add(new Loop.Fold(kind, arguments.get(0)));
      case Node.RowDot(int width) -> add(new Loop.Dot(arguments.get(0), arguments.get(1)));
      case Node.GroupFold groups -> arguments.get(0);
      case Node.AreaFold areas -> arguments.get(0);
      default -> throw new IllegalStateException("no part of a loop: " + node);
    };
  }

  private int add(Loop.Instruction instruction) {
    instructions.add(instruction);
    return instructions.size() - 1;
  }

  /// A truth value is 0 = 0 or 0 ≠ 0.
  private int constant(DType dtype, double value) {
    if (dtype != DType.BOOL) {
      return add(new Loop.Constant(value));
    }
    int zero = add(new Loop.Constant(0));
    Compare known = value != 0 ? Compare.EQUAL : Compare.NOT_EQUAL;
    return add(new Loop.Apply(known, List.of(zero, zero)));
  }

  private int operand(Ref input, boolean perRow) {
    Integer own = computed.get(input.value());
    if (own != null) {
      return own;
    }
    Double number = program.numbers().get(input.value());
    if (number != null) {
      return loads.computeIfAbsent(
          input.value(), key -> constant(program.types().get(input.value()).dtype(), number));
    }
    View view = input.view();
    boolean once = perRow || view.columnStride(columns) == 0;
    View starts = perRow ? view.collapsed() : view.rows(columns);
    Extent extent = once ? Extent.ROW : Extent.ELEMENT;
    return loads.computeIfAbsent(
        new Load(input.value(), starts, extent),
        key -> {
          operands.add(new Loop.Operand(program.types().get(input.value()).dtype(), extent));
          places.add(place(buffers.slot(input.value()), starts));
          return add(new Loop.Load(operands.size() - 1));
        });
  }

  private static Place place(int slot, View starts) {
    return switch (starts.dims().length) {
      case 0 -> new Place(slot, starts.offset(), 0, null);
      case 1 -> new Place(slot, starts.offset(), starts.strides()[0], null);
      default -> new Place(slot, starts.offset(), 0, starts.positions());
    };
  }

  private Place result(Node node) {
    int value = Objects.requireNonNull(computed.get(node.out()));
    int slot = buffers.slot(node.out());
    if (node.work() instanceof Node.GroupFold(var kind, int fold, int width)) {
      results.add(new Loop.ColumnFold(kind, value));
      return new Place(slot, 0, columns, null);
    }
    if (node.work() instanceof Node.AreaFold(var kind, int fold, int width)) {
      results.add(new Loop.AreaFold(kind, value));
      return new Place(slot, 0, 1, null);
    }
    boolean perRow = group.isPerRow(node, program);
    results.add(new Loop.Store(value, perRow ? Extent.ROW : Extent.ELEMENT));
    return new Place(slot, 0, perRow ? 1 : columns, null);
  }
}
