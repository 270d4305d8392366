package nestor.autodiff;

import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A function whose intermediate results are not kept but computed again in the backward pass (Chen
/// et al., "Training deep nets with sublinear memory cost", 2016).
///
/// @param graph the function; its operands are followed by what it captured
record Checkpoint(Graph graph) implements Call {
  @Override
  public TensorType[] results(TensorType[] in) {
    return graph.types();
  }

  @Override
  public Tensor[] run(Tensor[] in) {
    return graph.run(in);
  }

  @Override
  public Optional<Narrowed> narrowed(BitSet results) {
    Pruned pruned = Pruned.of(graph.giving(results), new BitSet());
    BitSet operands = pruned.inputs();
    pruned.captures().stream().forEach(i -> operands.set(graph.inputs() + i));
    return Optional.of(new Narrowed(new Checkpoint(pruned.graph()), results, operands));
  }

  @Override
  public @Nullable Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar) {
    Tensor[] in = of.tensors();
    Tape tape = new Tape("checkpoint");
    Tensor[] leaves = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      Traced leaf = tape.leaf(in[i]);
      leaves[i] = of.wanted()[i] ? leaf : in[i];
    }
    Tensor[] again =
        ScopedValue.where(Recomputation.RUNNING, new Recomputation()).call(() -> graph.run(leaves));
    tape.close();
    return tape.pull(again, cotangents, soFar);
  }

  @Override
  public Batch.Results batch(Tensor[] in, boolean[] mapped, Batch batch) {
    boolean[] flags = mapped.clone();
    Graph batched =
        Recorder.trace(
            "checkpoint", operands -> Batch.map(graph::run, operands, flags, batch.size()), in);
    return Batch.Results.allMapped(Dispatch.call(new Checkpoint(batched), batched.operands(in)));
  }
}
