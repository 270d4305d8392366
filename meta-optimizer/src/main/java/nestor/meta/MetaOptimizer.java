package nestor.meta;

import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.meta.Firing.Turn;
import nestor.meta.Level.ThroughWrites;
import nestor.meta.StepGenerator.Generated;

/// Trains the levels of a nested learner on a stream of objectives, and learns while it does so how
/// they should be trained.
///
/// A level that writes moves its parameters along the direction D of its [Optimizer], by the
/// step that a [StepGenerator] makes of its [ContextFlow], in units of Polyak's step
///
///     θ ← θ − step · 2 L / (‖g‖ ‖D‖) · D
///
/// where L and ‖g‖ are the geometric means of the loss and of the norm of the whole gradient since the
/// level last wrote, over the samples that gave a gradient at all; if none did, it makes no step. A
/// single level with a step of 1 along a direction D parallel to g would bring the linearized error
/// of a squared loss to 0 (Polyak, "Introduction to optimization", 1987, with the least loss 0).
///
/// The generator is the outermost level. The meta-loss L' is the loss on the next sample after the
/// writes, and its gradient flows back through them, over one step. The generator descends on the
/// error rather than its square, √(L' + L̄) with the running loss L̄, or a few large losses would
/// decide alone. The next sample's gradient for the parameters falls out of the same pass and is
/// what the next writes start from.
///
/// @param levels who writes what and when
/// @param adam how the generator learns
/// @param period every how many steps the generator is written, from the mean of its gradients; 0
///     for never, which leaves it as it was initialized
public record MetaOptimizer(Levels levels, Adam adam, int period) {
  /// Added before logarithms; squared for the loss, so that a loss of 0 gives a step of about 0.
  static final double TINY = 1e-12;

  /// A meta-optimizer with a period that makes sense.
  public MetaOptimizer {
    if (period < 0) {
      throw new IllegalArgumentException(
          "the generator has the period %d; it must be at least 1, or 0 for never"
              .formatted(period));
    }
  }

  /// A nested learner between two steps.
  ///
  /// @param params the levels' parameters θ
  /// @param loss the loss of the latest sample at θ
  /// @param gradient its gradient, a tree like θ
  /// @param memories what each level keeps
  /// @param flow what the generator sees
  /// @param generator the generator in training
  /// @param metaGradient the sum of its gradients since it was last written
  /// @param step how many steps were taken, `int64`
  public record State<P>(
      P params,
      Tensor loss,
      P gradient,
      List<LevelState> memories,
      ContextFlow flow,
      Adam.State<StepGenerator> generator,
      StepGenerator metaGradient,
      Tensor step) {}

  /// The figures of a step.
  ///
  /// @param loss the loss before the writes
  /// @param metaLoss the loss on the next sample after them
  /// @param metaGradNorm the norm of the generator's gradient
  /// @param observation the logarithms of the loss and of each level's gradient norm, `[levels, 2]`
  /// @param rates what the directions of each level that wrote were multiplied by
  /// @param momenta the momenta of these writes
  public record Figures(
      Tensor loss,
      Tensor metaLoss,
      Tensor metaGradNorm,
      Tensor observation,
      List<Tensor> rates,
      List<Tensor> momenta) {}

  /// The result of a step.
  ///
  /// @param next the state after it
  /// @param figures what happened
  public record Step<P>(State<P> next, Figures figures) {}

  private record Joint<P>(StepGenerator generator, P offset) {}

  private record Writes<P>(P params, List<List<LevelState.Write>> byLevel) {}

  /// The state before the first step.
  ///
  /// @param key where the generator and the momentum memories are drawn from
  /// @param params what the levels write; each leaf belongs to exactly one level
  /// @param objective the loss on the first sample
  public <P> State<P> start(Key key, P params, Function<P, Tensor> objective) {
    var first = valueAndGrad(objective, params);
    List<List<Integer>> shares = levels.shares(params);
    List<LevelState> memories = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      Key own = key.fold("momentum").fold(i);
      memories.add(LevelState.start(own, levels.levels().get(i), shares.get(i), params));
    }
    StepGenerator generator =
        StepGenerator.init(key.fold("generator"), first.value().dtype(), levels);
    return new State<>(
        params,
        first.value(),
        first.gradient(),
        List.copyOf(memories),
        ContextFlow.of(observe(memories, first.value(), Tree.leaves(first.gradient()))),
        adam.start(generator),
        Tree.map(generator, Tensor::zerosLike),
        Tensor.scalar(DType.INT64, 0));
  }

  /// What fires at a step, counted from 1.
  public Firing firing(long step) {
    return new Firing(
        levels.levels().stream().map(level -> Turn.at(step, level.period())).toList(),
        Turn.at(step, period));
  }

  /// The levels whose turn it is write, and the generator learns from what that does to the loss on
  /// the next sample. A pure function of trees, which [Training] compiles.
  ///
  /// @param firing whose turn it is
  /// @param next the loss on the next sample
  public <P> Step<P> step(State<P> now, Firing firing, Function<P, Tensor> next) {
    List<Tensor> gradient = Tree.leaves(now.gradient());
    Tensor observation = observe(now.memories(), now.loss(), gradient);
    ContextFlow flow = now.flow().with(observation);
    List<LevelState> collected = collect(now.memories(), gradient, observation);
    Tensor features = flow.features();
    var outer =
        valueAndGradWithAux(
            (Joint<P> joint) -> {
              Writes<P> writes = write(now, collected, joint.generator().at(features), firing);
              P written = Tree.zip(writes.params(), joint.offset(), Tensor::plus);
              return new WithAux<>(next.apply(written), writes);
            },
            new Joint<>(now.generator().params(), Tree.map(now.params(), Tensor::zerosLike)),
            unreached(firing));
    Tensor runningLoss = flow.fast().get(0).get(0).exp();
    Tensor root = runningLoss.plus(outer.value()).plus(TINY * TINY).sqrt().times(2);
    StepGenerator metaGradient = Tree.map(outer.gradient().generator(), g -> g.div(root));
    StepGenerator sum = Tree.zip(now.metaGradient(), metaGradient, Tensor::plus);
    boolean learns = firing.generator() == Turn.WRITES;
    Writes<P> writes = outer.aux();
    State<P> after =
        new State<>(
            writes.params(),
            outer.value(),
            outer.gradient().offset(),
            settle(collected, writes.byLevel()),
            flow,
            learns
                ? adam.next(now.generator(), Tree.map(sum, g -> g.div(period)))
                : now.generator(),
            learns ? Tree.map(sum, Tensor::zerosLike) : sum,
            now.step().plus(1));
    List<LevelState.Write> made = writes.byLevel().stream().flatMap(List::stream).toList();
    return new Step<>(
        after,
        new Figures(
            now.loss(),
            outer.value(),
            Tree.norm(metaGradient),
            observation,
            made.stream().map(LevelState.Write::rate).toList(),
            made.stream().map(LevelState.Write::momentum).toList()));
  }

  /// The parameters after the writes of a step, as a function of what was generated for it.
  private <P> Writes<P> write(
      State<P> now, List<LevelState> collected, Generated generated, Firing firing) {
    List<Tensor> leaves = new ArrayList<>(Tree.leaves(now.params()));
    List<List<LevelState.Write>> byLevel = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      Level level = levels.levels().get(i);
      if (!firing.writes(i)) {
        byLevel.add(List.of());
        continue;
      }
      LevelState state = collected.get(i);
      Tensor momentum = through(level, generated.momentum().get(i));
      Tensor step = through(level, generated.step().get(i));
      var write = state.write(level, leaves, step, momentum);
      for (int j = 0; j < state.leaves().size(); j++) {
        int leaf = state.leaves().get(j);
        leaves.set(leaf, leaves.get(leaf).minus(write.directions().get(j).times(write.rate())));
      }
      byLevel.add(List.of(write));
    }
    return new Writes<>(Tree.withLeaves(now.params(), leaves), byLevel);
  }

  private static Tensor through(Level level, Tensor generated) {
    return switch (level.throughWrites()) {
      case DIFFERENTIATED -> generated;
      case STOPPED -> generated.stopGradient();
    };
  }

  /// What no write of these levels can reach; that it gets no gradient is meant.
  private Frozen unreached(Firing firing) {
    List<Level> through =
        IntStream.range(0, levels.count())
            .filter(firing::writes)
            .mapToObj(i -> levels.levels().get(i))
            .filter(level -> level.throughWrites() == ThroughWrites.DIFFERENTIATED)
            .toList();
    if (through.isEmpty()) {
      return Frozen.paths("generator.**");
    }
    return through.stream().anyMatch(level -> Hyper.hasMomentum(level.optimizer()))
        ? Frozen.NONE
        : Frozen.paths("generator.momentum");
  }

  /// The logarithms of the loss and of each level's gradient norm, `[levels, 2]`.
  private static Tensor observe(List<LevelState> levels, Tensor loss, List<Tensor> gradient) {
    return Tensor.stack(0, levels.stream().map(level -> level.observe(loss, gradient)).toList());
  }

  private static List<LevelState> collect(
      List<LevelState> levels, List<Tensor> gradient, Tensor observation) {
    Tensor scale = LevelState.scale(observation);
    return levels.stream().map(level -> level.collect(gradient, scale)).toList();
  }

  private static List<LevelState> settle(
      List<LevelState> collected, List<List<LevelState.Write>> byLevel) {
    List<LevelState> settled = new ArrayList<>();
    for (int i = 0; i < collected.size(); i++) {
      LevelState level = collected.get(i);
      settled.add(byLevel.get(i).isEmpty() ? level : level.after(byLevel.get(i).getFirst()));
    }
    return List.copyOf(settled);
  }

  /// The levels as a table, with the generator, the outermost one, last.
  @Override
  public String toString() {
    String rate = String.valueOf(adam.rate().item());
    return LevelTable.of(levels)
        .with("meta", String.valueOf(period), "generator", "Adam", rate, "", "its own")
        .toString();
  }
}
