package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A function that brings its own vector-Jacobian product.
///
/// @param forward from operands to results
/// @param backward from operands, results and cotangents of the results, one behind the other, to
///   cotangents of the operands
record CustomVjp(UnaryOperator<Tensor[]> forward, UnaryOperator<Tensor[]> backward)
    implements Call {
  @Override
  public TensorType[] results(TensorType[] in) {
    return forwardGraph(in).types();
  }

  /// The forward function, traced.
  Graph forwardGraph(TensorType[] in) {
    Graph graph = Recorder.trace("customVjp", forward, in);
    for (Graph.Capture capture : graph.captures()) {
      if (Dispatch.levelOf(capture.tensor()) != null) {
        throw captured();
      }
    }
    return graph;
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
  public Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar) {
    Tensor[] in = of.tensors();
    Tensor[] all = Arrays.copyOf(in, in.length + 2 * out.length);
    for (int i = 0; i < out.length; i++) {
      all[in.length + i] = out[i];
      all[in.length + out.length + i] = cotangents[i] == null ? out[i].zerosLike() : cotangents[i];
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
  public Batch.Results batch(Tensor[] in, boolean[] mapped, Batch batch) {
    UnaryOperator<Tensor[]> allForward = all -> batch.run(forward, all, allTrue(all));
    UnaryOperator<Tensor[]> allBackward = all -> batch.run(backward, all, allTrue(all));
    return Batch.Results.allMapped(
        Dispatch.call(
            new CustomVjp(allForward, allBackward), Broadcast.mapAll(in, mapped, batch.size())));
  }

  /// This function for a graph: traced tensors that the backward function captures become operands,
  /// which the forward function does not look at.
  ///
  /// @param in the operands, to which the captured ones are added
  CustomVjp closed(List<Tensor> in) {
    int operands = in.size();
    TensorType[] argument = Dispatch.types(in.toArray(Tensor[]::new));
    TensorType[] result = results(argument);
    TensorType[] types = Arrays.copyOf(argument, operands + 2 * result.length);
    System.arraycopy(result, 0, types, operands, result.length);
    System.arraycopy(result, 0, types, operands + result.length, result.length);
    Graph graph = Recorder.trace("customVjp", backward, types);
    List<Graph.Capture> captures = graph.captures();
    List<Integer> places = new ArrayList<>();
    for (Graph.Capture capture : captures) {
      boolean traced = Dispatch.levelOf(capture.tensor()) != null;
      places.add(traced ? in.size() : -1);
      if (traced) {
        in.add(capture.tensor());
      }
    }
    int extra = in.size() - operands;
    return new CustomVjp(
        all -> forward.apply(Arrays.copyOf(all, operands)),
        all -> {
          Tensor[] given = new Tensor[types.length + captures.size()];
          System.arraycopy(all, 0, given, 0, operands);
          System.arraycopy(all, operands + extra, given, operands, 2 * result.length);
          for (int i = 0; i < captures.size(); i++) {
            int place = places.get(i);
            given[types.length + i] = place < 0 ? captures.get(i).tensor() : all[place];
          }
          Tensor[] cotangents = Arrays.copyOf(graph.run(given), operands + extra);
          for (int i = operands; i < cotangents.length; i++) {
            cotangents[i] = all[i].zerosLike();
          }
          return cotangents;
        });
  }

  private static boolean[] allTrue(Tensor[] tensors) {
    boolean[] result = new boolean[tensors.length];
    Arrays.fill(result, true);
    return result;
  }

  private static TensorException captured() {
    return TensorException.at(
        "customVjp: the forward function captured a traced tensor, whose gradient would be lost;"
            + " make it a part of the argument, so that the backward function gives its cotangent");
  }
}
