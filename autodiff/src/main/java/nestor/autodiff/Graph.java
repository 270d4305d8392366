package nestor.autodiff;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A function written down by a [Recorder]: steps over numbered tensors. The first
/// numbers are its operands, then come captures and results in the order in which they appeared.
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
  sealed interface Step permits OpStep, CallStep {}

  /// An operator, the number of its result, and the caller's line where checks want to name it.
  record OpStep(Op op, int[] in, int out, Optional<String> line) implements Step {
    Tensor run(Tensor[] operands) {
      return line.isEmpty()
          ? Dispatch.apply(op, operands)
          : ScopedValue.where(CallerLine.TRACED, line.get())
              .call(() -> Dispatch.apply(op, operands));
    }
  }

  /// A higher-order operator and the number of its first result; the others follow.
  record CallStep(Call call, int[] in, int firstOut) implements Step {}

  /// Operands for [#run]: the inputs, then the captured tensors.
  Tensor[] operands(Tensor[] in) {
    Tensor[] all = Arrays.copyOf(in, inputs() + captures.size());
    for (int i = 0; i < captures.size(); i++) {
      all[inputs() + i] = captures.get(i).tensor();
    }
    return all;
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
    for (int i = 0; i < steps.size(); i++) {
      int[] used =
          switch (steps.get(i)) {
            case OpStep step -> {
              known[step.out] = step.run(pick(known, step.in));
              yield step.in;
            }
            case CallStep(Call call, int[] in, int firstOut) -> {
              Tensor[] results = Dispatch.call(call, pick(known, in));
              System.arraycopy(results, 0, known, firstOut, results.length);
              yield in;
            }
          };
      for (int id : used) {
        if (lastUse[id] == i) {
          known[id] = null;
        }
      }
    }
    return pick(known, outputs);
  }

  private int[] lastUses() {
    int[] last = new int[size];
    Arrays.fill(last, -1);
    for (int i = 0; i < steps.size(); i++) {
      int[] in =
          switch (steps.get(i)) {
            case OpStep step -> step.in();
            case CallStep step -> step.in();
          };
      for (int id : in) {
        last[id] = i;
      }
    }
    for (int id : outputs) {
      last[id] = Integer.MAX_VALUE;
    }
    return last;
  }

  private static Tensor[] pick(Tensor[] known, int[] ids) {
    Tensor[] result = new Tensor[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = known[ids[i]];
    }
    return result;
  }
}
