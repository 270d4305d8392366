package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A function written down by a [Recorder]: steps over numbered tensors. The first numbers are its
/// operands, then come captures and results in the order in which they appeared.
///
/// @param inputTypes the types of the operands
/// @param captures tensors from outside
/// @param steps what is computed, in order
/// @param outputs the numbers of the results
/// @param types the types of the results
/// @param size how many numbers there are
record Graph(
    TensorType[] inputTypes,
    List<Capture> captures,
    List<Step> steps,
    int[] outputs,
    TensorType[] types,
    int size) {
  /// The number of operands.
  int inputs() {
    return inputTypes.length;
  }

  /// A tensor from outside and its number.
  record Capture(int id, Tensor tensor) {}

  /// One computation.
  sealed interface Step permits OpStep, CallStep {
    /// The numbers of the operands.
    int[] in();

    /// The number of the first result; the others follow.
    int firstOut();

    /// How many results there are.
    int count();

    /// 0, or the number of the [Recomputation] that the step was recorded in, counted within this
    /// graph.
    int region();

    /// Computes the results from the operands.
    Tensor[] run(Tensor[] operands);

    /// The step with other numbers for its tensors.
    Step renamed(int[] names);
  }

  /// An operator, the number of its result, and the caller's line where checks want to name it.
  record OpStep(Op op, int[] in, int out, Optional<String> line, int region) implements Step {
    @Override
    public int firstOut() {
      return out;
    }

    @Override
    public Tensor[] run(Tensor[] operands) {
      Tensor result =
          line.isEmpty()
              ? Dispatch.apply(op, operands)
              : ScopedValue.where(CallerLine.TRACED, line.get())
                  .call(() -> Dispatch.apply(op, operands));
      return new Tensor[] {result};
    }

    @Override
    public int count() {
      return 1;
    }

    @Override
    public Step renamed(int[] names) {
      return new OpStep(op, Graph.renamed(in, names), names[out], line, region);
    }
  }

  /// A higher-order operator, the number of its first result and how many there are.
  record CallStep(Call call, int[] in, int firstOut, int count, int region) implements Step {
    @Override
    public Tensor[] run(Tensor[] operands) {
      return Dispatch.call(call, operands);
    }

    @Override
    public Step renamed(int[] names) {
      return new CallStep(call, Graph.renamed(in, names), names[firstOut], count, region);
    }
  }

  /// Operands for [#run]: the inputs, then the captured tensors.
  Tensor[] operands(Tensor[] in) {
    Tensor[] all = Arrays.copyOf(in, inputs() + captures.size());
    System.arraycopy(captured(), 0, all, inputs(), captures.size());
    return all;
  }

  /// The captured tensors in their order.
  Tensor[] captured() {
    return captures.stream().map(Capture::tensor).toArray(Tensor[]::new);
  }

  /// Runs the steps on the inputs followed by stand-ins for the captured tensors. A tensor is let
  /// go after its last use.
  Tensor[] run(Tensor[] operands) {
    @Nullable Tensor[] known = new @Nullable Tensor[size];
    System.arraycopy(operands, 0, known, 0, inputs());
    for (int i = 0; i < captures.size(); i++) {
      known[captures.get(i).id()] = operands[inputs() + i];
    }
    int[] lastUse = lastUses();
    Map<Integer, Recomputation> regions = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      Tensor[] results = run(step, pick(known, step.in()), regions);
      System.arraycopy(results, 0, known, step.firstOut(), results.length);
      for (int id : step.in()) {
        if (lastUse[id] == i) {
          known[id] = null;
        }
      }
    }
    return pick(known, outputs);
  }

  /// A region stays one when it is recorded again, and becomes another than in the first recording.
  private static Tensor[] run(Step step, Tensor[] in, Map<Integer, Recomputation> regions) {
    if (step.region() == 0) {
      return step.run(in);
    }
    Recomputation again = regions.computeIfAbsent(step.region(), region -> new Recomputation());
    return ScopedValue.where(Recomputation.RUNNING, again).call(() -> step.run(in));
  }

  private int[] lastUses() {
    int[] last = new int[size];
    Arrays.fill(last, -1);
    for (int i = 0; i < steps.size(); i++) {
      for (int id : steps.get(i).in()) {
        last[id] = i;
      }
    }
    for (int id : outputs) {
      last[id] = Integer.MAX_VALUE;
    }
    return last;
  }

  /// This graph with more results, given by their numbers.
  Graph alsoGiving(int[] ids, TensorType[] ofTypes) {
    int[] moreOutputs = Arrays.copyOf(outputs, outputs.length + ids.length);
    System.arraycopy(ids, 0, moreOutputs, outputs.length, ids.length);
    TensorType[] moreTypes = Arrays.copyOf(types, types.length + ids.length);
    System.arraycopy(ofTypes, 0, moreTypes, types.length, ids.length);
    return new Graph(inputTypes, captures, steps, moreOutputs, moreTypes, size);
  }

  /// This graph with some of its results only.
  Graph giving(BitSet results) {
    return new Graph(
        inputTypes,
        captures,
        steps,
        results.stream().map(i -> outputs[i]).toArray(),
        results.stream().mapToObj(i -> types[i]).toArray(TensorType[]::new),
        size);
  }

  /// This graph with other captures, among them all of its own: the others it does not look at.
  Graph capturing(List<Tensor> tensors) {
    List<Capture> all = new ArrayList<>();
    int next = size;
    for (Tensor tensor : tensors) {
      int id = next;
      for (Capture own : captures) {
        id = own.tensor == tensor ? own.id : id;
      }
      next = id == next ? next + 1 : next;
      all.add(new Capture(id, tensor));
    }
    return new Graph(inputTypes, List.copyOf(all), steps, outputs, types, next);
  }

  static int[] renamed(int[] ids, int[] names) {
    int[] result = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = names[ids[i]];
    }
    return result;
  }

  private static Tensor[] pick(Tensor[] known, int[] ids) {
    Tensor[] result = new Tensor[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = known[ids[i]];
    }
    return result;
  }
}
