package nestor.cms;

import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.valueAndGradWithAux;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Keep;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Scanned;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Transform.WithAux;

/// A continuum memory system that learns within a sequence, each sample for itself, Behrouz et al.,
/// "Nested Learning" (2025), equations 70 to 74. At token t, with the current weights θ⁽ˡ⁾ of all
/// levels:
///
///     yₜ = cms(xₜ; θ⁽¹⁾ … θ⁽ᵏ⁾),   sum⁽ˡ⁾ ← sum⁽ˡ⁾ + ∇_θ⁽ˡ⁾ objective(yₜ, targetₜ)
///
/// and after tokens C⁽ˡ⁾, 2 C⁽ˡ⁾, … the level's optimizer takes a step with the sum as its
/// gradient, and the sum is cleared. So yₜ is read before the write of token t, and tokens of a
/// chunk that is not complete yet write nothing. The paper leaves open whose loss it is; by default
/// it is ½ |yₜ − targetₜ|².
///
/// The derivative is the one at the current weights of all levels, so what it costs does not depend
/// on the periods; in [NestedCms] levels differentiate through the writes of the levels below.
///
/// The record holds what is learned outside the sequence: θ₀ of every level, hyper-parameters of
/// the optimizers, learned periods, the logits of [Cms.HeadWise]. Differentiating a loss of the
/// outputs with respect to it is how slow levels pass on knowledge to fast ones: the gradient
/// reaches θ₀ through all writes.
///
/// ```java
/// var levels = List.of(every(1, Sgd.withRate(0.1)), every(16, Sgd.withRate(0.01)), never());
/// var online = OnlineCms.of(Cms.init(key, FLOAT32, width, 3), levels);
/// var out = online.apply(x, target, online.start(samples)); // out.value() [samples, time, width]
/// ```
///
/// Reading in pieces of any length, with the state that the piece before has left, gives what one
/// call gives (up to the order of additions, where the periods have a common divisor: then the
/// tokens between two writes are read together).
///
/// @param initial the system with the weights θ₀
/// @param levels how its blocks are written, in their order
/// @param inner what a write does to the levels below
/// @param keep what a differentiated call keeps of the weights of each token
public record OnlineCms(Cms initial, List<OnlineLevel> levels, InnerLevels inner, Keep keep) {
  /// What has been read: for each level that is written, in the order of the blocks (with
  /// [InnerLevels#RESET] from the most often to the least), the blocks it holds (its own last) and
  /// its sums, with the samples as axis 0 of each leaf, and one clock for all samples.
  public record State(List<Written<List<Block>>> levels) {}

  /// What a call gives.
  ///
  /// @param value `[samples, time, width]`, each token read before it was written
  /// @param state what has been read now
  public record Out(Tensor value, State state) {}

  private record Sample(List<Block> blocks, Tensor x, Tensor target) {}

  private record Window(Tensor x, Tensor target, Tensor present) {}

  private record Read(Tensor y, List<Block> gradient) {}

  /// Levels that fit the blocks.
  public OnlineCms {
    levels = List.copyOf(levels);
    if (levels.size() != initial.blocks().size()) {
      throw new IllegalArgumentException(
          "there are %d blocks, but %d levels that write them"
              .formatted(initial.blocks().size(), levels.size()));
    }
    int longest = 0;
    for (int i = 0; inner == InnerLevels.RESET && i < levels.size(); i++) {
      if (levels.get(i).writer() instanceof Writer.Every every) {
        if (every.period() < longest) {
          throw new IllegalArgumentException(
              "level %d has the period %d, below %d; levels that reset those before them come last"
                  .formatted(i, every.period(), longest));
        }
        longest = every.period();
      }
      if (levels.get(i).writer() instanceof Writer.Learned
          && levels.subList(0, i).stream().anyMatch(l -> l.writer() instanceof Writer.Every)) {
        throw new IllegalArgumentException(
            ("level %d has a learned period, so its writes reset the levels below in parts; they "
                    + "must have learned periods too")
                .formatted(i));
      }
    }
  }

  /// A system whose levels do not reset one another, each token's weights kept for the backward
  /// pass.
  public static OnlineCms of(Cms initial, List<OnlineLevel> levels) {
    return new OnlineCms(initial, levels, InnerLevels.KEPT, Keep.ALL);
  }

  /// The same system with levels that learn where those below start, equation 72.
  public OnlineCms resetting() {
    return new OnlineCms(initial, levels, InnerLevels.RESET, keep);
  }

  /// The same system with another choice of what is kept for the backward pass.
  public OnlineCms keeping(Keep other) {
    return new OnlineCms(initial, levels, inner, other);
  }

  /// The state of `samples` sequences before their first token.
  public State start(int samples) {
    List<Written<List<Block>>> states = new ArrayList<>();
    List<Block> blocks = Holdings.repeated(holdings().initialBlocks(), samples);
    for (int i = 0; i < blocks.size(); i++) {
      states.add(started(i, holdings().held(blocks, i)));
    }
    return new State(List.copyOf(states));
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
    int time = x.shape().dim(1);
    if (state.levels.isEmpty() || time == 0) {
      return new Out(initial.apply(x), state);
    }
    Windows windows = Windows.of(time, commonDivisor(), state.levels.getFirst().clock());
    Scanned<List<Written<List<Block>>>, Tensor> run =
        scan(
            (List<Written<List<Block>>> now, Window window) -> {
              List<List<Block>> weights = weights(now);
              Read read = read(weights.stream().map(List::getLast).toList(), window, objective);
              return new Step<>(write(collect(now, read.gradient, window.present)), read.y);
            },
            state.levels,
            new Window(windows.cut(x), windows.cut(target), windows.present()),
            keep);
    return new Out(windows.join(run.outputs()), new State(run.carry()));
  }

  /// The system with the weights that a state has reached; leaves of blocks that are written have
  /// the samples as axis 0.
  public Cms current(State state) {
    return holdings().with(weights(state.levels).stream().map(List::getLast).toList());
  }

  // ---------------------------------------------------------------- reading

  /// After how many tokens a level may write at the earliest, and only after multiples of it.
  private int commonDivisor() {
    int common = 0;
    for (OnlineLevel level : levels) {
      common =
          switch (level.writer()) {
            case Writer.Every every -> gcd(every.period(), common);
            case Writer.Learned _ -> 1;
            case Writer.Never _ -> common;
          };
    }
    return common;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /// The outputs `[samples, size, width]` of a window, and the gradients of the blocks.
  private Read read(List<Block> blocks, Window window, BinaryOperator<Tensor> objective) {
    return vmap(
        (Sample sample) -> {
          var out =
              valueAndGradWithAux(
                  (List<Block> own) -> {
                    Tensor y = holdings().with(own).apply(sample.x);
                    Tensor losses = vmap(objective, y, sample.target);
                    Tensor counted = window.present.where(losses, losses.zerosLike());
                    return new WithAux<>(counted.sum(), y);
                  },
                  sample.blocks);
          return new Read(out.aux(), out.gradient());
        },
        new Sample(blocks, window.x, window.target));
  }

  /// What each written level holds, with the derivatives that it shall have.
  private List<List<Block>> weights(List<Written<List<Block>>> now) {
    Holdings holdings = holdings();
    List<List<Block>> weights = new ArrayList<>(now.stream().map(Written::params).toList());
    for (int i = now.size() - 1; i >= 0; i--) {
      boolean hasOuter = inner == InnerLevels.RESET && i + 1 < now.size();
      List<Block> outside = hasOuter ? weights.get(i + 1) : holdings.initialBlocks();
      weights.set(i, holdings.through(i, holdings.held(outside, i), weights.get(i)));
    }
    return weights;
  }

  // ---------------------------------------------------------------- writing

  private List<Written<List<Block>>> collect(
      List<Written<List<Block>>> now, List<Block> gradient, Tensor present) {
    Tensor count = present.cast(DType.INT64).sum();
    List<Written<List<Block>>> collected = new ArrayList<>();
    for (int i = 0; i < now.size(); i++) {
      collected.add(now.get(i).with(holdings().held(gradient, i), count));
    }
    return collected;
  }

  /// Writes what is due, the fastest level first.
  private List<Written<List<Block>>> write(List<Written<List<Block>>> collected) {
    List<Written<List<Block>>> now = new ArrayList<>(collected);
    for (int i = 0; i < now.size(); i++) {
      int level = i;
      List<Block> before = weights(now).get(i);
      UnaryOperator<List<Written<List<Block>>>> write = part -> write(part, level, before);
      int from = inner == InnerLevels.RESET ? 0 : i;
      List<Written<List<Block>>> part = List.copyOf(now.subList(from, i + 1));
      Tensor clock = now.get(i).clock();
      List<Written<List<Block>>> after =
          switch (holdings().level(i).writer()) {
            case Writer.Every every -> every.settle(clock, write, part);
            case Writer.Learned learned -> learned.settle(clock, write, part);
            case Writer.Never _ -> part;
          };
      for (int j = from; j <= i; j++) {
        now.set(j, after.get(j - from));
      }
    }
    return List.copyOf(now);
  }

  /// Writes the last level of a part, from which those before it start again.
  ///
  /// @param before its weights before the write, with the derivatives that they shall have
  private List<Written<List<Block>>> write(
      List<Written<List<Block>>> part, int level, List<Block> before) {
    Written<List<Block>> own = part.getLast().write(holdings().by(level));
    List<Block> weights = holdings().through(level, before, own.params());
    List<Written<List<Block>>> after = new ArrayList<>();
    for (int j = 0; j + 1 < part.size(); j++) {
      after.add(started(j, holdings().held(weights, j)));
    }
    after.add(own);
    return List.copyOf(after);
  }

  /// A level before its first token.
  private Written<List<Block>> started(int level, List<Block> held) {
    DType clock =
        holdings().level(level).writer() instanceof Writer.Learned ? DType.FLOAT64 : DType.INT64;
    return Written.start(holdings().by(level), held, clock);
  }

  private Holdings holdings() {
    List<Integer> written =
        IntStream.range(0, levels.size()).filter(i -> levels.get(i).isWritten()).boxed().toList();
    return new Holdings(initial, levels, inner, written);
  }
}
