package nestor.hope.rule;

import static nestor.autodiff.Transform.scan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
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
    return each(Function.identity(), read, state, tokens, chunk);
  }

  /// The same for chunks of which something can be made before any state is known: that is done for
  /// all whole chunks together, as if they were samples.
  ///
  /// @param prepare what of a chunk's tokens is read, leaves `[samples, ...]`
  static <S, X, Y> Step<S, Tensor> each(
      Function<X, Y> prepare,
      BiFunction<S, Y, Step<S, Tensor>> read,
      S state,
      X tokens,
      int chunk) {
    requireToken(chunk);
    int time = length(tokens);
    int whole = time / chunk;
    List<Tensor> outputs = new ArrayList<>();
    S now = state;
    if (whole > 1) {
      Y prepared = prepare.apply(Tree.map(tokens, leaf -> chunks(leaf, whole, chunk)));
      var run = scan(read, now, Tree.map(prepared, leaf -> split(leaf, whole)));
      now = run.carry();
      outputs.add(joined(run.outputs()));
    }
    for (int from = whole > 1 ? whole * chunk : 0; from < time; from += chunk) {
      X part = slice(tokens, from, Math.min(time, from + chunk));
      Step<S, Tensor> step = read.apply(now, prepare.apply(part));
      now = step.carry();
      outputs.add(step.output());
    }
    return new Step<>(now, outputs.size() == 1 ? outputs.getFirst() : Tensor.concat(1, outputs));
  }

  /// A memory in the middle of a chunk.
  ///
  /// @param now what the tokens so far have made of it
  /// @param start what the present chunk began with
  /// @param position how many tokens of the present chunk have been read
  record Open<S, W>(S now, W start, int position) {}

  /// Reads a chunk, or a part of one.
  @FunctionalInterface
  interface Piece<S, W, Y> {
    /// The state after the tokens, and their outputs `[samples, time, ...]`.
    Step<S, Tensor> read(S now, W start, Y prepared);
  }

  /// Reads tokens in chunks that go on where the last call stopped: first what is left of the chunk
  /// that is open, then whole chunks, then the beginning of another.
  ///
  /// @param prepare as in [#each]
  /// @param startOf what of a state a chunk that begins with it needs
  static <S, W, X, Y> Step<Open<S, W>, Tensor> aligned(
      Function<X, Y> prepare,
      Piece<S, W, Y> piece,
      Function<S, W> startOf,
      Open<S, W> state,
      X tokens,
      int chunk) {
    requireToken(chunk);
    if (state.position < 0 || state.position >= chunk) {
      throw new IllegalArgumentException(
          "the state is after token %d of a chunk, which cannot be in chunks of %d"
              .formatted(state.position, chunk));
    }
    int time = length(tokens);
    int open = state.position == 0 ? 0 : Math.min(time, chunk - state.position);
    int whole = (time - open) / chunk * chunk;
    List<Tensor> outputs = new ArrayList<>();
    S now = state.now;
    W start = state.start;
    if (open > 0) {
      Step<S, Tensor> step = piece.read(now, start, prepare.apply(slice(tokens, 0, open)));
      now = step.carry();
      outputs.add(step.output());
    }
    if (whole > 0) {
      Step<S, Tensor> step =
          each(
              prepare,
              (S each, Y part) -> piece.read(each, startOf.apply(each), part),
              now,
              slice(tokens, open, open + whole),
              chunk);
      now = step.carry();
      outputs.add(step.output());
    }
    int position = (state.position + time) % chunk;
    boolean isStillOpen = state.position > 0 && state.position + time < chunk;
    if (!isStillOpen) {
      start = startOf.apply(now);
    }
    if (open + whole < time) {
      X part = slice(tokens, open + whole, time);
      Step<S, Tensor> step = piece.read(now, start, prepare.apply(part));
      now = step.carry();
      outputs.add(step.output());
    }
    return new Step<>(
        new Open<>(now, start, position),
        outputs.size() == 1 ? outputs.getFirst() : Tensor.concat(1, outputs));
  }

  private static void requireToken(int chunk) {
    if (chunk < 1) {
      throw new IllegalArgumentException("a chunk has at least one token, not " + chunk);
    }
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

  /// `[samples, time, ...]` as `[whole · samples, chunk, ...]`.
  private static Tensor chunks(Tensor leaf, int whole, int chunk) {
    int[] dims = leaf.shape().toArray();
    int[] split = new int[dims.length + 1];
    split[0] = dims[0];
    split[1] = whole;
    split[2] = chunk;
    System.arraycopy(dims, 2, split, 3, dims.length - 2);
    int[] flat = dims.clone();
    flat[0] = whole * dims[0];
    flat[1] = chunk;
    return leaf.slice(1, 0, whole * chunk).reshape(split).moveAxis(1, 0).reshape(flat);
  }

  /// `[whole · samples, ...]` as `[whole, samples, ...]`.
  private static Tensor split(Tensor leaf, int whole) {
    int[] dims = leaf.shape().toArray();
    int[] split = new int[dims.length + 1];
    split[0] = whole;
    split[1] = dims[0] / whole;
    System.arraycopy(dims, 1, split, 2, dims.length - 1);
    return leaf.reshape(split);
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
