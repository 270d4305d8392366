package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A pass of a [Composite] function: a graph for which backends may have a kernel.
///
/// @param pass what kernels are attached to
/// @param graph the definition; what it captured is known beforehand
record CompositeCall(Composite.Pass pass, Graph graph) implements Call {
  @Override
  public TensorType[] results(TensorType[] in) {
    return graph.types();
  }

  @Override
  public Tensor[] run(Tensor[] in) {
    Backend backend = Dispatch.naming(pass.name(), () -> backend(in), in);
    if (!backend.hasKernel(pass)) {
      return graph.run(graph.operands(in));
    }
    Object[] operands = new Object[in.length];
    for (int i = 0; i < in.length; i++) {
      operands[i] = ((Value) in[i]).moveTo(backend).stored();
    }
    Object[] results = new Object[graph.types().length];
    backend.runKernel(pass, Program.of(graph, new boolean[in.length], backend), operands, results);
    Tensor[] out = new Tensor[results.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Value.exclusive(new Value.Place(graph.types()[i], Optional.of(backend)), results[i]);
    }
    return out;
  }

  private static Backend backend(Tensor[] in) {
    Optional<Backend> place = Optional.empty();
    for (Tensor tensor : in) {
      place = Value.common(place, ((Value) tensor).backend());
    }
    return place.orElseGet(Backend::standard);
  }

  /// Runs the backward pass, a composite function itself.
  @Override
  public @Nullable Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar) {
    List<Tensor> given = new ArrayList<>(List.of(of.tensors()));
    for (int i = 0; i < out.length; i++) {
      if (out[i].dtype().isFloat()) {
        given.add(cotangents[i] == null ? out[i].zerosLike() : cotangents[i]);
      }
    }
    Tensor[] operands = given.toArray(Tensor[]::new);
    Graph pulling =
        Recorder.trace(pass.backward().name(), this::pull, Dispatch.types(operands), operands);
    Tensor[] pulled = Dispatch.call(new CompositeCall(pass.backward(), pulling), operands);
    @Nullable Tensor[] total = new @Nullable Tensor[soFar.length];
    int next = 0;
    for (int i = 0; i < total.length; i++) {
      if (of.tensors()[i].dtype().isFloat()) {
        Tensor more = pulled[next++];
        total[i] = soFar[i] == null ? more : soFar[i].plus(more);
      }
    }
    return total;
  }

  /// From operands and cotangents of the floating results to cotangents of the floating operands.
  private Tensor[] pull(Tensor[] all) {
    int operands = graph.inputs();
    Tape tape = new Tape(pass.backward().name());
    Tensor[] leaves = new Tensor[operands];
    for (int i = 0; i < operands; i++) {
      Traced leaf = tape.leaf(all[i]);
      leaves[i] = all[i].dtype().isFloat() ? leaf : all[i];
    }
    Tensor[] out = graph.run(graph.operands(leaves));
    tape.close();
    @Nullable Tensor[] cotangents = new @Nullable Tensor[out.length];
    int next = operands;
    for (int i = 0; i < out.length; i++) {
      cotangents[i] = out[i].dtype().isFloat() ? all[next++] : null;
    }
    @Nullable Tensor[] pulled = tape.pull(out, cotangents, new @Nullable Tensor[operands]);
    List<Tensor> floating = new ArrayList<>();
    for (int i = 0; i < operands; i++) {
      if (all[i].dtype().isFloat()) {
        Tensor g = pulled[i];
        floating.add(g == null ? all[i].zerosLike() : g);
      }
    }
    return floating.toArray(Tensor[]::new);
  }

  /// Under `vmap` the definition runs, since a kernel knows of no axis besides its own.
  @Override
  public Batch.Results batch(Tensor[] in, boolean[] mapped, Batch batch) {
    return Batch.results(
        all -> graph.run(graph.operands(all)), in, Arrays.copyOf(mapped, in.length), batch.size());
  }
}
