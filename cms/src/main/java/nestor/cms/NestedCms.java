package nestor.cms;

import static nestor.autodiff.Transform.scan;

import java.util.Comparator;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Keep;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Scanned;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;
import nestor.meta.Optimizer;

/// A continuum memory system that learns within a sequence, whose slow levels learn how the fast
/// ones learn: the gradient of a level goes through the writes of all levels that write more often.
///
/// A level's chunk of C⁽ˡ⁾ tokens is a function of its weights, in which the levels below run and
/// write, and the level descends the sum of the objective over it:
///
///     θ⁽ˡ⁾ ← step of level l with d/dθ⁽ˡ⁾ Σₜ objective(yₜ, targetₜ)
///
/// [OnlineCms] takes the derivative at the current weights of all levels instead, that is, without
/// the paths through writes; with one level, or where all levels are stopped, the two are the same.
/// With [InnerLevels#RESET] each level holds the initial weights of all levels below and learns
/// them exactly, which is equation 72 of Behrouz et al., "Nested Learning" (2025).
///
/// The writes of a stopped level are constants to the levels above as well as outside.
///
/// The periods must divide one another; the levels nest by period, whatever the order of the
/// blocks. Each level is a derivative of the one below, which makes a level cost some three times
/// as much as that. A sequence may be read in pieces; since gradients go back to where the chunk
/// began, its tokens are kept and computed again, so a piece should not be much shorter than the
/// largest period.
///
/// ```java
/// var levels = List.of(every(1, Sgd.withRate(0.1)), every(16, Sgd.withRate(0.01)));
/// var nested = NestedCms.of(Cms.init(key, FLOAT32, width, 2), levels);
/// var out = nested.apply(x, target, nested.start(x, target)); // out.value() like x
/// ```
///
/// @param initial the system with the weights θ₀
/// @param levels how its blocks are written, in their order
/// @param inner what a write does to the levels below
/// @param keep what a differentiated call keeps of the weights of each chunk
public record NestedCms(Cms initial, List<OnlineLevel> levels, InnerLevels inner, Keep keep) {
  /// What has been read: where the last chunk of the outermost level began, and the tokens since.
  ///
  /// @param levels for each level that is written, from the most often to the least, its optimizer
  ///   with the blocks it holds (its own last), the samples as axis 0 of each leaf
  /// @param x the tokens of the chunk so far, and room for the others, `[samples, C, width]`
  /// @param target their targets `[samples, C, …]`
  /// @param pending how many they are, `int64`, rank 0
  public record State(
      List<Optimizer.State<List<Block>>> levels, Tensor x, Tensor target, Tensor pending) {}

  /// What a call gives.
  ///
  /// @param value `[samples, time, width]`, each token read before it was written
  /// @param state what has been read now
  /// @param current the system with the weights after the last token; leaves of blocks that are
  ///   written have the samples as axis 0
  public record Out(Tensor value, State state, Cms current) {}

  private record Reached(
      List<Optimizer.State<List<Block>>> begin, List<Optimizer.State<List<Block>>> latest) {}

  /// Levels that fit the blocks and one another.
  public NestedCms {
    levels = List.copyOf(levels);
    if (levels.size() != initial.blocks().size()) {
      throw new IllegalArgumentException(
          "there are %d blocks, but %d levels that write them"
              .formatted(initial.blocks().size(), levels.size()));
    }
    List<Integer> periods =
        levels.stream().filter(OnlineLevel::isWritten).map(NestedCms::period).sorted().toList();
    for (int i = 1; i < periods.size(); i++) {
      if (periods.get(i) % periods.get(i - 1) != 0) {
        throw new IllegalArgumentException(
            "the period %d does not divide %d; nested levels need that, OnlineCms does not"
                .formatted(periods.get(i - 1), periods.get(i)));
      }
    }
  }

  static int period(OnlineLevel level) {
    return switch (level.writer()) {
      case Writer.Every every -> every.period();
      case Writer.Learned _ ->
          throw new IllegalArgumentException(
              "nested levels have whole periods; a period can be learned in OnlineCms");
      case Writer.Never _ -> 0;
    };
  }

  /// A system whose levels do not reset one another, with all weights kept for the backward pass.
  public static NestedCms of(Cms initial, List<OnlineLevel> levels) {
    return new NestedCms(initial, levels, InnerLevels.KEPT, Keep.ALL);
  }

  /// The same system with levels that learn where those below start, equation 72.
  public NestedCms resetting() {
    return new NestedCms(initial, levels, InnerLevels.RESET, keep);
  }

  /// The same system with another choice of what is kept for the backward pass.
  public NestedCms keeping(Keep other) {
    return new NestedCms(initial, levels, inner, other);
  }

  /// The state before the first token of sequences like these, of which types and sizes matter, but
  /// not the length.
  ///
  /// @param x `[samples, …, width]`
  /// @param target `[samples, …, …]`
  public State start(Tensor x, Tensor target) {
    Holdings holdings = holdings();
    List<Block> blocks = Holdings.repeated(holdings.initialBlocks(), x.shape().dim(0));
    int longest = blocks.isEmpty() ? 0 : holdings.period(blocks.size() - 1);
    return new State(
        holdings.started(blocks, blocks.size()),
        room(x, longest),
        room(target, longest),
        Tensor.scalar(DType.INT64, 0));
  }

  private static Tensor room(Tensor like, int time) {
    int[] dims = like.shape().toArray();
    dims[1] = time;
    return Tensor.zeros(like.dtype(), dims);
  }

  /// Reads a sequence, or a piece of one, for the objective ½ |y − target|².
  ///
  /// @param x `[samples, time, width]`
  /// @param target `[samples, time, width]`
  /// @param state what was read before
  public Out apply(Tensor x, Tensor target, State state) {
    return apply(x, target, state, Holdings::halfSquaredError);
  }

  /// Reads a sequence, or a piece of one.
  ///
  /// @param x `[samples, time, width]`
  /// @param target `[samples, time, …]`, of any type
  /// @param state what was read before
  /// @param objective what the writes descend: a number for y `[width]` and the target `[…]` of one
  ///   token; what it captures gets its gradient
  public Out apply(Tensor x, Tensor target, State state, BinaryOperator<Tensor> objective) {
    Holdings holdings = holdings();
    if (state.levels.isEmpty()) {
      return new Out(initial.apply(x), state, initial);
    }
    int outermost = state.levels.size() - 1;
    Chunks chunks = Chunks.of(holdings.period(outermost), x.shape().dim(1), state.pending);
    Tensor allX = chunks.join(state.x, x);
    Tensor allTargets = chunks.join(state.target, target);
    NestedRun nested = new NestedRun(holdings, objective, keep);
    Scanned<Reached, Tensor> run =
        scan(
            (Reached now, NestedRun.Chunk chunk) -> {
              NestedRun.Ran ran = nested.run(outermost, now.begin, List.of(), chunk);
              var begin = Tree.zip(ran.levels(), now.begin, chunk.complete()::where);
              var latest = Tree.zip(ran.levels(), now.latest, chunk.begun()::where);
              return new Step<>(new Reached(begin, latest), ran.y());
            },
            new Reached(state.levels, state.levels),
            new NestedRun.Chunk(chunks.cut(allX), chunks.cut(allTargets), chunks.present()),
            keep);
    return new Out(
        chunks.read(run.outputs()),
        new State(run.carry().begin, chunks.rest(allX), chunks.rest(allTargets), chunks.pending()),
        holdings.with(nested.current(run.carry().latest)));
  }

  /// The levels by period, whatever the order of their blocks.
  private Holdings holdings() {
    List<Integer> written =
        IntStream.range(0, levels.size())
            .filter(i -> levels.get(i).isWritten())
            .boxed()
            .sorted(Comparator.comparing(i -> period(levels.get(i))))
            .toList();
    return new Holdings(initial, levels, inner, written);
  }
}
