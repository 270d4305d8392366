package nestor.autodiff.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import nestor.autodiff.Cells;
import nestor.autodiff.Composite;
import nestor.autodiff.Reduce;
import nestor.autodiff.Shape;
import nestor.autodiff.StopGradient;
import nestor.autodiff.TensorType;

/// Assigns arrays to the values of a program and writes its kernels down.
final class Scheduling {
  private final Lowered program;
  private final boolean[] donated;

  Scheduling(Lowered program, boolean[] donated) {
    this.program = program;
    this.donated = donated;
  }

  Schedule schedule(List<Group> groups, int operators) {
    boolean[][] written = written(groups);
    Buffers buffers = new Buffers(program, donated, groups, written);
    Map<Integer, Object> constants = new HashMap<>();
    for (Map.Entry<Integer, Object> constant : program.constants().entrySet()) {
      constants.put(buffers.slot(constant.getKey()), constant.getValue());
    }
    for (Map.Entry<Integer, Double> number : program.numbers().entrySet()) {
      TensorType type = program.types().get(number.getKey());
      Object array = Cells.newArray(new TensorType(type.dtype(), Shape.of(1)));
      Cells.fill(array, number.getValue());
      constants.put(buffers.slot(number.getKey()), array);
    }
    List<Kernel> kernels = new ArrayList<>();
    List<Schedule.Cost> costs = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Group group = groups.get(i);
      kernels.add(
          group.isLoop()
              ? new LoopBuilder(program, group, written[i], buffers).kernel()
              : kernel(group.nodes().getFirst(), buffers));
      costs.add(cost(group, written[i]));
    }
    return new Schedule(
        operators,
        donated.length,
        buffers.arrays(),
        Map.copyOf(constants),
        List.copyOf(kernels),
        buffers.results(),
        List.copyOf(costs),
        buffers.bytes());
  }

  /// For each group, which of its nodes' values others need.
  private boolean[][] written(List<Group> groups) {
    int[] groupOf = new int[program.types().size()];
    Arrays.fill(groupOf, -1);
    boolean[] needed = new boolean[program.types().size()];
    for (int i = 0; i < groups.size(); i++) {
      for (Node node : groups.get(i).nodes()) {
        int at = i;
        node.results().forEach(id -> groupOf[id] = at);
      }
    }
    for (int i = 0; i < groups.size(); i++) {
      for (Node node : groups.get(i).nodes()) {
        for (Ref input : node.inputs()) {
          needed[input.value()] |= groupOf[input.value()] != i;
        }
      }
    }
    for (int output : program.outputs()) {
      needed[output] = true;
    }
    boolean[][] written = new boolean[groups.size()][];
    for (int i = 0; i < written.length; i++) {
      List<Node> nodes = groups.get(i).nodes();
      written[i] = new boolean[nodes.size()];
      for (int j = 0; j < written[i].length; j++) {
        written[i][j] = nodes.get(j).results().anyMatch(id -> needed[id]);
      }
    }
    return written;
  }

  private Kernel kernel(Node node, Buffers buffers) {
    int out = buffers.slot(node.out());
    TensorType type = program.types().get(node.out());
    Ref first = node.inputs().getFirst();
    return switch (node.work()) {
      case Node.Copy copy ->
          new Kernel.Copy(
              buffers.slot(first.value()),
              first.view().dims(),
              first.view().strides(),
              first.view().offset(),
              out);
      case Node.Product product -> {
        View a = first.view();
        View b = node.inputs().get(1).view();
        int rank = a.dims().length;
        yield new Kernel.Product(
            a.dims()[rank - 2],
            b.dims()[rank - 1],
            a.dims()[rank - 1],
            matrices(first, buffers),
            matrices(node.inputs().get(1), buffers),
            out);
      }
      case Node.Repeat(Schedule body, var step, int[] stacked) ->
          new Kernel.Repeat(
              body,
              step.length(),
              step.order(),
              step.carries(),
              step.inputs(),
              node.inputs().stream().map(input -> period(input, buffers)).toList(),
              stacked,
              node.results().map(buffers::slot).toArray());
      case Node.Choose(Schedule whenTrue, Schedule whenFalse) ->
          new Kernel.Choose(
              whenTrue,
              whenFalse,
              slots(node, buffers),
              node.results().map(buffers::slot).toArray());
      case Node.Attached(Composite.Pass pass, Schedule definition) ->
          new Kernel.Attached(
              pass,
              definition,
              operands(node),
              slots(node, buffers),
              node.results().map(buffers::slot).toArray());
      case Node.Single single ->
          new Kernel.Single(single.op(), operands(node), slots(node, buffers), type, out);
      default -> throw new IllegalStateException("a loop outside of a loop: " + node);
    };
  }

  private List<TensorType> operands(Node node) {
    return node.inputs().stream()
        .map(input ->
            new TensorType(
                program.types().get(input.value()).dtype(), Shape.of(input.view().dims())))
        .toList();
  }

  private static int[] slots(Node node, Buffers buffers) {
    return node.inputs().stream().mapToInt(input -> buffers.slot(input.value())).toArray();
  }

  private static Kernel.Repeat.Operand period(Ref ref, Buffers buffers) {
    View view = ref.view();
    int stride = view.dims().length == 0 ? 0 : view.strides()[0];
    return new Kernel.Repeat.Operand(buffers.slot(ref.value()), view.offset(), stride);
  }

  private static Kernel.Matrices matrices(Ref ref, Buffers buffers) {
    View view = ref.view();
    int rank = view.dims().length;
    View batch =
        new View(
            Arrays.copyOf(view.dims(), rank - 2),
            Arrays.copyOf(view.strides(), rank - 2),
            view.offset());
    int[] starts = batch.positions();
    for (int i = 0; i < starts.length; i++) {
      starts[i] += view.offset();
    }
    return new Kernel.Matrices(
        buffers.slot(ref.value()), starts, view.strides()[rank - 2], view.strides()[rank - 1]);
  }

  private Schedule.Cost cost(Group group, boolean[] written) {
    long bytes = 0;
    long flops = 0;
    List<String> labels = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < written.length; i++) {
      Node node = group.nodes().get(i);
      seen.add(node.out());
      TensorType type = program.types().get(node.out());
      bytes += written[i] ? type.bytes() : 0;
      for (Ref input : node.inputs()) {
        if (seen.add(input.value()) && !program.numbers().containsKey(input.value())) {
          bytes += program.types().get(input.value()).bytes();
        }
      }
      long size = type.shape().size();
      switch (node.work()) {
        case Node.Point(var op) -> {
          flops += size;
          labels.add(op instanceof StopGradient ? "copy" : op.label());
        }
        case Node.Outer outer -> {
          flops += size;
          labels.add("outer");
        }
        case Node.RowFold(var kind, int columns) -> {
          flops += size * columns;
          labels.add(kind == Reduce.Kind.SUM ? "sum" : "max");
        }
        case Node.RowDot(int columns) -> {
          flops += 2 * size * columns;
          labels.add("dot");
        }
        case Node.GroupFold(var kind, int rows, int columns) -> {
          flops += size * rows;
          labels.add(kind == Reduce.Kind.SUM ? "column_sum" : "column_max");
        }
        case Node.AreaFold(var kind, int rows, int columns) -> {
          flops += size * rows * columns;
          labels.add(kind == Reduce.Kind.SUM ? "area_sum" : "area_max");
        }
        case Node.Product product -> {
          View a = node.inputs().getFirst().view();
          int k = a.dims()[a.dims().length - 1];
          flops += 2 * size * k;
          labels.add("matmul " + type.shape() + " over " + k);
        }
        case Node.Copy copy -> labels.add("copy " + type);
        case Node.Repeat(Schedule body, var step, int[] stacked) -> {
          bytes = step.length() * body.bytes();
          flops = step.length() * body.flops();
          labels.add(
              "scan of %d steps of %d kernels".formatted(step.length(), body.kernels().size()));
        }
        case Node.Attached(Composite.Pass pass, Schedule definition) -> {
          flops += definition.flops();
          labels.add(pass.name());
        }
        case Node.Choose(Schedule whenTrue, Schedule whenFalse) -> {
          bytes = Math.max(whenTrue.bytes(), whenFalse.bytes());
          flops = Math.max(whenTrue.flops(), whenFalse.flops());
          labels.add(
              "cond of %d or %d kernels"
                  .formatted(whenTrue.kernels().size(), whenFalse.kernels().size()));
        }
        case Node.Single(var op) -> {
          flops += op.flops(operands(node).toArray(TensorType[]::new), type);
          labels.add(op.label() + " " + type);
        }
      }
    }
    if (!group.isLoop()) {
      return new Schedule.Cost(labels.getFirst(), bytes, flops);
    }
    String space = "[%d, %d] ".formatted(group.size() / group.width(), group.width());
    return new Schedule.Cost(
        space + labels.stream().collect(Collectors.joining(" ")), bytes, flops);
  }
}
