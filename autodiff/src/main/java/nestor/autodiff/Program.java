package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A traced function as a list of operators over numbered tensors, for a backend to compile.
///
/// The first `inputs` numbers are the operands; constants and results follow in any order.
///
/// @param types the type of each numbered tensor
/// @param inputs how many operands there are
/// @param donated per operand, whether its memory may be overwritten and handed out with a result
/// @param constants tensors that are known beforehand
/// @param steps what is computed, in order
/// @param outputs the numbers of the results
public record Program(
    List<TensorType> types,
    int inputs,
    boolean[] donated,
    List<Constant> constants,
    List<Step> steps,
    int[] outputs) {

  /// A tensor that is known beforehand.
  ///
  /// @param id its number
  /// @param array its elements as a Java array that nobody writes
  public record Constant(int id, Object array) {}

  /// One computation.
  public sealed interface Step permits Apply {
    /// The numbers of the operands.
    int[] in();
  }

  /// An operator.
  ///
  /// @param op the operator
  /// @param in the numbers of its operands
  /// @param out the number of its result
  /// @param region 0, or the number of a recomputation, which shares nothing with what is outside
  public record Apply(Op op, int[] in, int out, int region) implements Step {}

  /// The program of a graph that captures no traced tensor.
  static Program of(Graph graph, boolean[] donated) {
    return new Flattening(graph).program(donated);
  }

  /// The elements of all operands and results together, in bytes.
  public long operandBytes() {
    long bytes = 0;
    for (int i = 0; i < inputs; i++) {
      bytes += bytes(types.get(i));
    }
    return bytes;
  }

  static long bytes(TensorType type) {
    return (long) type.shape().size() * type.dtype().bytes();
  }

  /// Takes higher-order operators of a graph apart.
  private static final class Flattening {
    private final Graph graph;
    private final List<TensorType> types = new ArrayList<>();
    private final List<Constant> constants = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();

    Flattening(Graph graph) {
      this.graph = graph;
    }

    Program program(boolean[] donated) {
      int[] in = new int[graph.inputs()];
      for (int i = 0; i < in.length; i++) {
        in[i] = add(graph.inputTypes()[i]);
      }
      int[] outputs = inline(graph, in);
      return new Program(
          List.copyOf(types),
          in.length,
          donated,
          List.copyOf(constants),
          List.copyOf(steps),
          outputs);
    }

    private int add(TensorType type) {
      types.add(type);
      return types.size() - 1;
    }

    /// Appends a graph's steps; gives the numbers of its results.
    private int[] inline(Graph inner, int[] operands) {
      int[] known = new int[inner.size()];
      System.arraycopy(operands, 0, known, 0, operands.length);
      for (Graph.Capture capture : inner.captures()) {
        known[capture.id()] = constant((Value) capture.tensor());
      }
      return inlineSteps(inner, known);
    }

    private int constant(Value value) {
      int id = add(value.type());
      constants.add(new Constant(id, value.array()));
      return id;
    }

    private int[] inlineSteps(Graph inner, int[] known) {
      for (Graph.Step step : inner.steps()) {
        switch (step) {
          case Graph.OpStep(Op op, int[] in, int out, var line) -> {
            int[] operands = pick(known, in);
            known[out] = add(op.result(typesOf(operands)));
            steps.add(new Apply(op, operands, known[out], 0));
          }
          case Graph.CallStep(Call call, int[] in, int firstOut) -> {
            int[] results = inline(call, pick(known, in));
            System.arraycopy(results, 0, known, firstOut, results.length);
          }
        }
      }
      return pick(known, inner.outputs());
    }

    private int[] inline(Call call, int[] operands) {
      return switch (call) {
        case Checkpoint(Graph inner) -> {
          int[] known = new int[inner.size()];
          System.arraycopy(operands, 0, known, 0, inner.inputs());
          for (int i = 0; i < inner.captures().size(); i++) {
            known[inner.captures().get(i).id()] = operands[inner.inputs() + i];
          }
          yield inlineSteps(inner, known);
        }
        case CustomVjp custom -> inline(custom.forwardGraph(typesOf(operands)), operands);
      };
    }

    private TensorType[] typesOf(int[] ids) {
      return Arrays.stream(ids).mapToObj(types::get).toArray(TensorType[]::new);
    }

    private static int[] pick(int[] known, int[] ids) {
      return Arrays.stream(ids).map(id -> known[id]).toArray();
    }
  }
}
