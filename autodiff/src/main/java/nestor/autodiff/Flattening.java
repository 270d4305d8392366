package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/// Makes a program of a graph: what is inside of checkpoints and custom derivatives becomes a part
/// of it, the bodies of scans become programs of their own.
final class Flattening {
  private final List<TensorType> types = new ArrayList<>();
  private final Map<Integer, Object> constants = new LinkedHashMap<>(); // arrays by number
  private final List<Program.Step> steps = new ArrayList<>();
  private final Predicate<Composite.Pass> attached;
  private int regions;

  private Flattening(Predicate<Composite.Pass> attached) {
    this.attached = attached;
  }

  /// The program of a graph in which those composite functions stay whole that are attached to
  /// kernels.
  static Program program(Graph graph, boolean[] donated, Predicate<Composite.Pass> attached) {
    Flattening flat = new Flattening(attached);
    int[] in = flat.addAll(graph.inputTypes());
    int[] known = Arrays.copyOf(in, graph.size());
    for (Graph.Capture capture : graph.captures()) {
      known[capture.id()] = flat.constant((Value) capture.tensor());
    }
    return flat.finished(in.length, donated, flat.inline(graph, known, 0));
  }

  /// The program of a graph whose captured tensors are constants where they are so here, and
  /// further operands elsewhere.
  private Program body(Graph graph, int[] captured) {
    Flattening flat = new Flattening(attached);
    int[] in = flat.addAll(graph.inputTypes());
    int[] known = Arrays.copyOf(in, graph.size());
    int inputs = in.length;
    for (int i = 0; i < captured.length; i++) {
      if (!constants.containsKey(captured[i])) {
        known[graph.captures().get(i).id()] = flat.add(types.get(captured[i]));
        inputs++;
      }
    }
    for (int i = 0; i < captured.length; i++) {
      Object array = constants.get(captured[i]);
      if (array != null) {
        known[graph.captures().get(i).id()] = flat.constant(types.get(captured[i]), array);
      }
    }
    return flat.finished(inputs, new boolean[inputs], flat.inline(graph, known, 0));
  }

  /// The captured tensors that a body takes as operands.
  private IntStream shared(int[] captured) {
    return Arrays.stream(captured).filter(id -> !constants.containsKey(id));
  }

  private Program finished(int inputs, boolean[] donated, int[] outputs) {
    List<Program.Constant> known =
        constants.entrySet().stream()
            .map(constant -> new Program.Constant(constant.getKey(), constant.getValue()))
            .toList();
    return new Program(List.copyOf(types), inputs, donated, known, List.copyOf(steps), outputs);
  }

  private int[] addAll(TensorType[] all) {
    return Arrays.stream(all).mapToInt(this::add).toArray();
  }

  private int add(TensorType type) {
    types.add(type);
    return types.size() - 1;
  }

  private int constant(Value value) {
    return constant(value.type(), value.array());
  }

  private int constant(TensorType type, Object array) {
    int id = add(type);
    constants.put(id, array);
    return id;
  }

  /// Appends the steps of a graph whose operands' and captures' numbers are known; gives those of
  /// its results.
  private int[] inline(Graph graph, int[] known, int region) {
    Map<Integer, Integer> inner = new HashMap<>();
    for (Graph.Step step : graph.steps()) {
      int own =
          step.region() == 0 ? region : inner.computeIfAbsent(step.region(), unseen -> ++regions);
      int[] operands = Graph.renamed(step.in(), known);
      int[] results =
          switch (step) {
            case Graph.OpStep one -> new int[] {apply(one.op(), operands, own)};
            case Graph.CallStep one -> call(one.call(), operands, own);
          };
      System.arraycopy(results, 0, known, step.firstOut(), results.length);
    }
    return Graph.renamed(graph.outputs(), known);
  }

  private int apply(Op op, int[] operands, int region) {
    int out = add(op.result(typesOf(operands)));
    steps.add(new Program.Apply(op, operands, out, region));
    return out;
  }

  private int[] call(Call call, int[] operands, int region) {
    return switch (call) {
      case Checkpoint(Graph inner) -> inlined(inner, operands, region);
      case CustomVjp custom -> closed(custom.forwardGraph(typesOf(operands)), operands, region);
      case CompositeCall(Composite.Pass pass, Graph inner) when attached.test(pass) -> {
        int[] results = addAll(inner.types());
        Program definition = program(inner, new boolean[inner.inputs()], attached);
        steps.add(new Program.Attached(pass, definition, operands, results, region));
        yield results;
      }
      case CompositeCall(Composite.Pass pass, Graph inner) -> closed(inner, operands, region);
      case Scan scan -> {
        int[] captured = Arrays.copyOf(operands, scan.body().captures().size());
        int given = scan.body().inputs();
        int[] in =
            IntStream.concat(
                    IntStream.range(0, given).map(i -> operands[scan.place(i)]), shared(captured))
                .toArray();
        int[] results = addAll(scan.results(typesOf(operands)));
        steps.add(
            new Program.Repeat(
                body(scan.body(), captured),
                scan.length(),
                scan.direction() == Scan.Direction.FORWARD
                    ? Program.Repeat.Order.FORWARD
                    : Program.Repeat.Order.REVERSE,
                scan.carries(),
                given - scan.carries(),
                in,
                results,
                region));
        yield results;
      }
      case Cond cond -> {
        int[] captured = Arrays.copyOfRange(operands, 1, 1 + cond.whenTrue().captures().size());
        int[] in =
            IntStream.concat(
                    IntStream.concat(
                        IntStream.of(operands[0]),
                        IntStream.range(0, cond.whenTrue().inputs())
                            .map(i -> operands[cond.place(i)])),
                    shared(captured))
                .toArray();
        int[] results = addAll(cond.results(typesOf(operands)));
        steps.add(
            new Program.Choose(
                body(cond.whenTrue(), captured),
                body(cond.whenFalse(), captured),
                in,
                results,
                region));
        yield results;
      }
    };
  }

  /// Inlines a graph whose captured tensors are constants.
  private int[] closed(Graph inner, int[] operands, int region) {
    int[] all = Arrays.copyOf(operands, operands.length + inner.captures().size());
    for (int i = operands.length; i < all.length; i++) {
      all[i] = constant((Value) inner.captures().get(i - operands.length).tensor());
    }
    return inlined(inner, all, region);
  }

  private int[] inlined(Graph inner, int[] operands, int region) {
    int[] known = Arrays.copyOf(operands, inner.size());
    for (int i = 0; i < inner.captures().size(); i++) {
      known[inner.captures().get(i).id()] = operands[inner.inputs() + i];
    }
    return inline(inner, known, region);
  }

  private TensorType[] typesOf(int[] ids) {
    return Arrays.stream(ids).mapToObj(types::get).toArray(TensorType[]::new);
  }
}
