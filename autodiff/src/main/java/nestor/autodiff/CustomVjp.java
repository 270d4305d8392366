package nestor.autodiff;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/// A function that brings its own vector-Jacobian product.
///
/// @param forward from operands to results
/// @param backward from operands, results and cotangents of the results, one behind the other, to
///     cotangents of the operands
record CustomVjp(UnaryOperator<Tensor[]> forward, UnaryOperator<Tensor[]> backward)
    implements Call {
  @Override
  public TensorType[] results(TensorType[] in) {
    Graph graph = Recorder.trace("customVjp", forward, in);
    for (Graph.Capture capture : graph.captures()) {
      if (Dispatch.levelOf(capture.tensor()) != null) {
        throw captured();
      }
    }
    return graph.types();
  }

  @Override
  public Tensor[] run(Tensor[] in) {
    Tensor[] out = forward.apply(in);
    for (Tensor tensor : out) {
      if (Dispatch.levelOf(tensor) != null) {
        throw captured();
      }
    }
    return out;
  }

  @Override
  public Tensor[] vjp(Operands of, Tensor[] out, Tensor[] cotangents, Tensor[] soFar) {
    Tensor[] in = of.tensors();
    Tensor[] all = Arrays.copyOf(in, in.length + 2 * out.length);
    for (int i = 0; i < out.length; i++) {
      all[in.length + i] = out[i];
      all[in.length + out.length + i] =
          cotangents[i] == null ? out[i].zerosLike() : cotangents[i];
    }
    Tensor[] total = backward.apply(all);
    for (int i = 0; i < in.length; i++) {
      if (!total[i].type().equals(in[i].type())) {
        throw TensorException.at(
            "customVjp: the backward function gave a cotangent %s for an operand %s"
                .formatted(total[i].type(), in[i].type()));
      }
      total[i] = soFar[i] == null ? total[i] : soFar[i].plus(total[i]);
    }
    return total;
  }

  @Override
  public Tensor[] batch(Tensor[] in, boolean[] mapped, int size) {
    UnaryOperator<Tensor[]> allForward = all -> Batch.map(forward, all, allTrue(all), size);
    UnaryOperator<Tensor[]> allBackward = all -> Batch.map(backward, all, allTrue(all), size);
    return Dispatch.call(
        new CustomVjp(allForward, allBackward), Broadcast.mapAll(in, mapped, size));
  }

  private static boolean[] allTrue(Tensor[] tensors) {
    boolean[] result = new boolean[tensors.length];
    Arrays.fill(result, true);
    return result;
  }

  private static TensorException captured() {
    return TensorException.at(
        "customVjp: the forward function captured a traced tensor, whose gradient would be lost; make it a part of the argument, so that the backward function gives its cotangent");
  }
}
