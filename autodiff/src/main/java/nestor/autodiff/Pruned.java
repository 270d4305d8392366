package nestor.autodiff;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// A graph without the steps, inputs and captures that none of its results depends on.
///
/// @param graph the graph
/// @param inputs which inputs of the whole graph it still has
/// @param captures which captures of the whole graph it still has
record Pruned(Graph graph, BitSet inputs, BitSet captures) {
  /// The inputs in `kept` stay even where nothing depends on them.
  static Pruned of(Graph whole, BitSet kept) {
    BitSet live = (BitSet) kept.clone();
    mark(live, whole.outputs());
    List<Graph.Step> steps = new ArrayList<>();
    for (Graph.Step step : whole.steps().reversed()) {
      BitSet needed = live.get(step.firstOut(), step.firstOut() + step.count());
      if (!needed.isEmpty()) {
        Graph.Step rest = narrowed(step, needed, live);
        mark(live, rest.in());
        steps.addFirst(rest);
      }
    }
    int[] renamed = new int[whole.size()];
    int size = 0;
    for (int id = live.nextSetBit(0); id >= 0; id = live.nextSetBit(id + 1)) {
      renamed[id] = size++;
    }
    BitSet captures = new BitSet();
    List<Graph.Capture> captured = new ArrayList<>();
    for (int i = 0; i < whole.captures().size(); i++) {
      Graph.Capture capture = whole.captures().get(i);
      if (live.get(capture.id())) {
        captures.set(i);
        captured.add(new Graph.Capture(renamed[capture.id()], capture.tensor()));
      }
    }
    BitSet inputs = live.get(0, whole.inputs());
    Graph graph =
        new Graph(
            inputs.stream().mapToObj(i -> whole.inputTypes()[i]).toArray(TensorType[]::new),
            List.copyOf(captured),
            steps.stream().map(step -> step.renamed(renamed)).toList(),
            Graph.renamed(whole.outputs(), renamed),
            whole.types(),
            size);
    return new Pruned(graph, inputs, captures);
  }

  private static void mark(BitSet live, int[] ids) {
    for (int id : ids) {
      live.set(id);
    }
  }

  /// The step with those of its results that are needed, and maybe some that it needs itself, all
  /// of which are then live.
  private static Graph.Step narrowed(Graph.Step step, BitSet needed, BitSet live) {
    Optional<Call.Narrowed> narrowed =
        step instanceof Graph.CallStep of && needed.cardinality() < of.count()
            ? of.call().narrowed(needed)
            : Optional.empty();
    if (narrowed.isEmpty()) {
      live.set(step.firstOut(), step.firstOut() + step.count());
      return step;
    }
    BitSet results = narrowed.get().results();
    results.stream().forEach(i -> live.set(step.firstOut() + i));
    return new Graph.CallStep(
        narrowed.get().call(),
        narrowed.get().operands().stream().map(i -> step.in()[i]).toArray(),
        step.firstOut() + results.nextSetBit(0),
        results.cardinality(),
        step.region());
  }
}
