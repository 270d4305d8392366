package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// One of two functions, chosen by a truth value.
///
/// The operands are the truth value, what the functions captured, and their argument. The
/// derivative chooses between the derivatives of the two, which compute the function again.
///
/// @param whenTrue the function for true; its operands are the argument and what both captured
/// @param whenFalse the function for false, of the same operands, with results of the same types
record Cond(Graph whenTrue, Graph whenFalse) implements Call {
  /// Chooses between traced functions of the same operands.
  static Tensor[] call(Tensor predicate, Graph whenTrue, Graph whenFalse, Tensor[] in) {
    Set<Tensor> both = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Tensor> captured = new ArrayList<>();
    for (Graph branch : List.of(whenTrue, whenFalse)) {
      for (Tensor tensor : branch.captured()) {
        if (both.add(tensor)) {
          captured.add(tensor);
        }
      }
    }
    List<Tensor> all = new ArrayList<>(List.of(predicate));
    all.addAll(captured);
    all.addAll(List.of(in));
    return Dispatch.call(
        new Cond(whenTrue.capturing(captured), whenFalse.capturing(captured)),
        all.toArray(Tensor[]::new));
  }

  /// The place among the operands of this call of one of the branches' operands.
  int place(int operand) {
    int inputs = whenTrue.inputs();
    return operand < inputs ? 1 + whenTrue.captures().size() + operand : 1 + operand - inputs;
  }

  private Tensor[] operands(Tensor[] in) {
    Tensor[] operands = new Tensor[in.length - 1];
    Arrays.setAll(operands, i -> in[place(i)]);
    return operands;
  }

  @Override
  public TensorType[] results(TensorType[] in) {
    return whenTrue.types();
  }

  @Override
  public Tensor[] run(Tensor[] in) {
    return (in[0].toBooleans()[0] ? whenTrue : whenFalse).run(operands(in));
  }

  @Override
  public Optional<Narrowed> narrowed(BitSet results) {
    Pruned yes = Pruned.of(whenTrue.giving(results), new BitSet());
    Pruned no = Pruned.of(whenFalse.giving(results), yes.inputs());
    yes = Pruned.of(whenTrue.giving(results), no.inputs());
    BitSet captured = yes.captures();
    captured.or(no.captures());
    Tensor[] all = whenTrue.captured();
    List<Tensor> tensors = captured.stream().mapToObj(i -> all[i]).toList();
    Call call = new Cond(yes.graph().capturing(tensors), no.graph().capturing(tensors));
    BitSet operands = new BitSet();
    operands.set(0);
    captured.stream().forEach(i -> operands.set(1 + i));
    yes.inputs().stream().forEach(i -> operands.set(place(i)));
    return Optional.of(new Narrowed(call, results, operands));
  }

  @Override
  public @Nullable Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar) {
    Tensor[] operands = operands(of.tensors());
    BitSet wanted = new BitSet();
    @Nullable Tensor[] seeds = new @Nullable Tensor[operands.length];
    for (int i = 0; i < operands.length; i++) {
      wanted.set(i, of.wanted()[place(i)]);
      seeds[i] = soFar[place(i)];
    }
    BitSet reached = new BitSet();
    Pullback pullback = new Pullback(operands.length, wanted, present(cotangents), present(seeds));
    List<Tensor> in = new ArrayList<>(List.of(operands));
    pullback.given.stream().forEach(i -> in.add(cotangents[i]));
    pullback.begun.stream().forEach(i -> in.add(seeds[i]));
    Tensor[] all = in.toArray(Tensor[]::new);
    Tensor[] pulled =
        call(
            of.tensors()[0],
            trace(symbols -> pullback.pull(whenTrue, symbols, reached), all),
            trace(symbols -> pullback.pull(whenFalse, symbols, reached), all),
            all);
    @Nullable Tensor[] totals = soFar.clone();
    int next = 0;
    for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1), next++) {
      if (reached.get(i)) {
        totals[place(i)] = pulled[next];
      }
    }
    return totals;
  }

  private static Graph trace(UnaryOperator<Tensor[]> branch, Tensor[] in) {
    return Recorder.traceBranch("cond", branch, in);
  }

  private static BitSet present(@Nullable Tensor[] tensors) {
    BitSet present = new BitSet();
    for (int i = 0; i < tensors.length; i++) {
      present.set(i, tensors[i] != null);
    }
    return present;
  }

  /// The vector-Jacobian product of a branch, as a function of the branch's operands, the
  /// cotangents that are given, and the sums that are begun.
  ///
  /// @param wanted which operands get a cotangent; the results are theirs
  /// @param given which results of the branch have one
  /// @param begun onto which operands' cotangents so far the others are added
  private record Pullback(int operands, BitSet wanted, BitSet given, BitSet begun) {
    Tensor[] pull(Graph branch, Tensor[] in, BitSet reached) {
      int[] next = {operands};
      @Nullable Tensor[] cotangents = new @Nullable Tensor[branch.outputs().length];
      given.stream().forEach(i -> cotangents[i] = in[next[0]++]);
      @Nullable Tensor[] seeds = new @Nullable Tensor[operands];
      begun.stream().forEach(i -> seeds[i] = in[next[0]++]);
      Tape tape = new Tape("cond");
      Tensor[] leaves = new Tensor[operands];
      for (int i = 0; i < operands; i++) {
        Traced leaf = tape.leaf(in[i]);
        leaves[i] = wanted.get(i) ? leaf : in[i];
      }
      Tensor[] again = branch.run(leaves);
      tape.close();
      @Nullable Tensor[] pulled = tape.pull(again, cotangents, seeds);
      return wanted.stream()
          .peek(i -> reached.set(i, reached.get(i) || pulled[i] != seeds[i]))
          .mapToObj(i -> pulled[i] == null ? in[i].zerosLike() : pulled[i])
          .toArray(Tensor[]::new);
    }
  }

  @Override
  public Batch.Results batch(Tensor[] in, boolean[] mapped, Batch batch) {
    Tensor[] operands = operands(in);
    boolean[] flags = new boolean[operands.length];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = mapped[place(i)];
    }
    return mapped[0]
        ? Batch.Results.allMapped(both(in[0], operands, flags, batch.size()))
        : one(in[0], operands, flags, batch.size());
  }

  /// One truth value for all examples: a choice between the functions of all examples.
  private Batch.Results one(Tensor predicate, Tensor[] in, boolean[] flags, int size) {
    boolean[] mapped = new boolean[whenTrue.outputs().length];
    UnaryOperator<Tensor[]> probe = all -> batched(whenTrue, all, flags, mapped, size);
    trace(probe, in);
    probe = all -> batched(whenFalse, all, flags, mapped, size);
    Graph no = trace(probe, in);
    Graph yes = trace(all -> batched(whenTrue, all, flags, mapped, size), in);
    return new Batch.Results(call(predicate, yes, no, in), mapped);
  }

  /// Adds to `mapped` the results that the batch enters, and gives all of those with the batch.
  private static Tensor[] batched(
      Graph branch, Tensor[] in, boolean[] flags, boolean[] mapped, int size) {
    Batch.Results out = Batch.results(branch::run, in, flags, size);
    for (int i = 0; i < mapped.length; i++) {
      mapped[i] |= out.mapped()[i];
    }
    return out.mapped(mapped, size);
  }

  /// A truth value for each example: both functions run on all examples, and each example takes its
  /// own result.
  private Tensor[] both(Tensor predicate, Tensor[] in, boolean[] flags, int size) {
    Tensor[] yes = Batch.map(whenTrue::run, gated(predicate, in, flags, size), flags, size);
    Tensor[] no = Batch.map(whenFalse::run, gated(predicate.not(), in, flags, size), flags, size);
    Tensor[] chosen = new Tensor[yes.length];
    Arrays.setAll(chosen, i -> perExample(predicate, yes[i]).where(yes[i], no[i]));
    return chosen;
  }

  /// The operands for a function that some examples take: the other examples have, as constants,
  /// the operands of the first one that takes it. Where the function is not defined for the others,
  /// it thus gives no NaN whose product with their cotangent, 0, would be one; and no cotangent
  /// passes if no example takes it.
  private static Tensor[] gated(Tensor takes, Tensor[] in, boolean[] flags, int size) {
    Tensor[] gated = in.clone();
    if (size == 0) {
      return gated;
    }
    Tensor numbers = takes.cast(DType.INT64);
    Tensor first = numbers.argmax(0).reshape(1);
    Tensor any = numbers.max().greater(0);
    for (int i = 0; i < in.length; i++) {
      if (flags[i]) {
        Tensor other = in[i].take(first, 0).stopGradient();
        gated[i] = perExample(takes, in[i]).where(in[i], other);
      } else if (in[i].dtype().isFloat()) {
        gated[i] = any.where(in[i], in[i].stopGradient());
      }
    }
    return gated;
  }

  private static Tensor perExample(Tensor truth, Tensor like) {
    int[] dims = new int[like.shape().rank()];
    Arrays.fill(dims, 1);
    dims[0] = like.shape().dim(0);
    return truth.reshape(dims);
  }
}
