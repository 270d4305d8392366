package nestor.hope.rule;

import static nestor.autodiff.Transform.scan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;

/// Sequences read chunk by chunk, with time as axis 1 of every leaf.
final class Chunks {
  private Chunks() {}

  /// Reads whole chunks in one loop and what is left as a shorter chunk of its own.
  ///
  /// @param read the state after a chunk, and one output `[samples, time, ...]` for its tokens
  /// @param tokens leaves `[samples, time, ...]`
  /// @param chunk tokens at a time; 1 reads token by token
  static <S, X> Step<S, Tensor> each(
      BiFunction<S, X, Step<S, Tensor>> read, S state, X tokens, int chunk) {
    if (chunk < 1) {
      throw new IllegalArgumentException("a chunk has at least one token, not " + chunk);
    }
    int time = length(tokens);
    int whole = time / chunk;
    List<Tensor> outputs = new ArrayList<>();
    S now = state;
    if (whole > 1) {
      var run = scan(read, now, Tree.map(tokens, leaf -> chunks(leaf, whole, chunk)));
      now = run.carry();
      outputs.add(joined(run.outputs()));
    }
    for (int from = whole > 1 ? whole * chunk : 0; from < time; from += chunk) {
      Step<S, Tensor> step = read.apply(now, slice(tokens, from, Math.min(time, from + chunk)));
      now = step.carry();
      outputs.add(step.output());
    }
    return new Step<>(now, outputs.size() == 1 ? outputs.getFirst() : Tensor.concat(1, outputs));
  }

  /// The number of tokens.
  static int length(Object tokens) {
    int time = Tree.leaves(tokens).getFirst().shape().dim(1);
    if (time == 0) {
      throw new IllegalArgumentException("a sequence has at least one token");
    }
    return time;
  }

  /// The tokens from one position to before another.
  static <X> X slice(X tokens, int from, int to) {
    return from == 0 && to == length(tokens)
        ? tokens
        : Tree.map(tokens, leaf -> leaf.slice(1, from, to));
  }

  /// `[samples, time, ...]` as `[whole, samples, chunk, ...]`.
  private static Tensor chunks(Tensor leaf, int whole, int chunk) {
    int[] dims = leaf.shape().toArray();
    int[] split = new int[dims.length + 1];
    split[0] = dims[0];
    split[1] = whole;
    split[2] = chunk;
    System.arraycopy(dims, 2, split, 3, dims.length - 2);
    return leaf.slice(1, 0, whole * chunk).reshape(split).moveAxis(1, 0);
  }

  /// `[whole, samples, chunk, ...]` as `[samples, time, ...]`.
  private static Tensor joined(Tensor outputs) {
    int[] dims = outputs.shape().toArray();
    int[] flat = new int[dims.length - 1];
    flat[0] = dims[1];
    flat[1] = dims[0] * dims[2];
    System.arraycopy(dims, 3, flat, 2, dims.length - 3);
    return outputs.moveAxis(0, 1).reshape(flat);
  }
}
