package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// A graph without the steps, inputs and captures that none of its results depends on.
///
/// @param graph the graph
/// @param inputs which inputs of the whole graph it still has, in their order
record Pruned(Graph graph, int[] inputs) {
  /// The first `kept` inputs stay even where nothing depends on them.
  static Pruned of(Graph whole, int kept) {
    BitSet live = new BitSet();
    live.set(0, kept);
    for (int id : whole.outputs()) {
      live.set(id);
    }
    BitSet liveSteps = new BitSet();
    for (int i = whole.steps().size() - 1; i >= 0; i--) {
      Graph.Step step = whole.steps().get(i);
      int end = step.firstOut() + step.count();
      int first = live.nextSetBit(step.firstOut());
      if (first >= 0 && first < end) {
        liveSteps.set(i);
        live.set(step.firstOut(), end);
        for (int id : step.in()) {
          live.set(id);
        }
      }
    }
    int[] renamed = new int[whole.size()];
    int size = 0;
    for (int id = live.nextSetBit(0); id >= 0; id = live.nextSetBit(id + 1)) {
      renamed[id] = size++;
    }
    List<Graph.Capture> captures = new ArrayList<>();
    for (Graph.Capture capture : whole.captures()) {
      if (live.get(capture.id())) {
        captures.add(new Graph.Capture(renamed[capture.id()], capture.tensor()));
      }
    }
    List<Graph.Step> steps = liveSteps.stream().mapToObj(i -> whole.steps().get(i).renamed(renamed)).toList();
    int[] inputs = live.stream().takeWhile(id -> id < whole.inputs()).toArray();
    return new Pruned(
        new Graph(
            Arrays.stream(inputs).mapToObj(i -> whole.inputTypes()[i]).toArray(TensorType[]::new),
            List.copyOf(captures),
            steps,
            Graph.renamed(whole.outputs(), renamed),
            whole.types(),
            size),
        inputs);
  }
}
