package nestor.meta;

import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.Frozen;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.meta.StepGenerator.Generated;

/// Trains the levels of a nested learner on a stream of objectives, and learns while it does so how
/// they should be trained.
///
/// A level that writes moves its parameters along the directions D of its [DeepMomentum], by the
/// step that a [StepGenerator] makes of its [ContextFlow], in units of Polyak's step
///
///     θ ← θ − step · 2 L / (‖g‖ ‖D‖) · D
///
/// where L and ‖g‖ are the geometric means of loss and gradient norm since the level last wrote,
/// over the samples that gave it a gradient at all; if none did, it makes no step. A step of 1
/// along a direction D parallel to g would bring the linearized error of a squared loss to 0
/// (Polyak, "Introduction to optimization", 1987, with the least loss 0). Where the least loss is
/// above 0, g vanishes before L does and the steps grow without bound.
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
  private static final double TINY = 1e-12;

  /// A nested learner between two steps.
  ///
  /// @param params the levels' parameters θ
  /// @param loss the loss of the latest sample at θ
  /// @param gradient its gradient, a tree like θ
  /// @param memories what each level keeps
  /// @param flow what the generator sees
  /// @param generator the generator in training
  /// @param metaGradient the sum of its gradients since it was last written
  /// @param step how many steps were taken
  public record State<P>(
      P params,
      Tensor loss,
      P gradient,
      List<LevelState> memories,
      ContextFlow flow,
      Adam.State<StepGenerator> generator,
      StepGenerator metaGradient,
      long step) {}

  /// What a level keeps between steps.
  ///
  /// @param leaves the positions of its parameters in the order of [Tree#leaves]
  /// @param momentum its optimizer's state
  /// @param gradients the sums of its gradients since it last wrote
  /// @param observed the sums of the logarithms of loss and gradient norm since then, and of how
  ///   many samples: those that gave the level a gradient, `[3]`
  /// @param writes how often it has written
  public record LevelState(
      List<Integer> leaves,
      DeepMomentum.State momentum,
      List<Tensor> gradients,
      Tensor observed,
      long writes) {}

  /// What a step did at one level.
  ///
  /// @param name the level's name
  /// @param wrote whether it wrote
  /// @param rate what the directions were multiplied by, 0 where it did not write
  /// @param momentum the momentum of the write, 0 where it did not write
  /// @param gradNorm the norm of the level's share of the gradient
  /// @param writes how often it has written, this step included
  public record LevelFigures(
      String name, Wrote wrote, double rate, double momentum, double gradNorm, long writes) {}

  /// Whether a level wrote.
  public enum Wrote {
    /// It did.
    YES,
    /// Its period was not over.
    NO
  }

  /// The result of a step.
  ///
  /// @param next the state after it
  /// @param loss the loss before the writes
  /// @param metaLoss the loss on the next sample after them
  /// @param metaGradNorm the norm of the generator's gradient
  /// @param levels what happened at each level
  public record Step<P>(
      State<P> next,
      double loss,
      double metaLoss,
      double metaGradNorm,
      List<LevelFigures> levels) {}

  private record Joint<P>(StepGenerator generator, P offset) {}

  private record Write(Tensor rate, Tensor momentum, DeepMomentum.State state) {}

  private record Writes<P>(P params, List<List<Write>> byLevel) {}

  /// The state before the first step.
  ///
  /// @param key where the generator and the momentum memories are drawn from
  /// @param params what the levels write; each leaf belongs to exactly one level
  /// @param objective the loss on the first sample
  public <P> State<P> start(Key key, P params, Function<P, Tensor> objective) {
    var first = valueAndGrad(objective, params);
    List<Tensor> leaves = Tree.leaves(params);
    List<List<Integer>> shares = levels.shares(params);
    List<LevelState> memories = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      List<Tensor> own = pick(leaves, shares.get(i));
      memories.add(
          new LevelState(
              shares.get(i),
              levels.levels().get(i).optimizer().start(key.fold("momentum").fold(i), own),
              zeros(own),
              Tensor.zeros(first.value().dtype(), 3),
              0));
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
        0);
  }

  /// Every level whose period is over writes, the generator learns from what that does to the loss
  /// on the next sample.
  ///
  /// @param next the loss on the next sample
  public <P> Step<P> step(State<P> now, Function<P, Tensor> next) {
    List<Tensor> gradient = Tree.leaves(now.gradient());
    Tensor observation = observe(now.memories(), now.loss(), gradient);
    ContextFlow flow = now.flow().with(observation);
    List<LevelState> collected = collect(now.memories(), gradient, observation);
    Tensor features = flow.features();
    var outer =
        valueAndGradWithAux(
            (Joint<P> joint) -> {
              Writes<P> writes =
                  write(now, collected, joint.generator().at(features), now.step() + 1);
              P written = Tree.zip(writes.params(), joint.offset(), Tensor::plus);
              return new WithAux<>(next.apply(written), writes);
            },
            new Joint<>(now.generator().params(), Tree.map(now.params(), Tensor::zerosLike)),
            differentiates(now.step() + 1) ? Frozen.NONE : Frozen.paths("generator.**"));
    Tensor runningLoss = flow.fast().get(0).get(0).exp();
    Tensor root = runningLoss.plus(outer.value()).plus(TINY * TINY).sqrt().times(2);
    StepGenerator metaGradient = Tree.map(outer.gradient().generator(), g -> g.div(root));
    StepGenerator sum = Tree.zip(now.metaGradient(), metaGradient, Tensor::plus);
    boolean learns = period > 0 && (now.step() + 1) % period == 0;
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
            now.step() + 1);
    return new Step<>(
        after,
        now.loss().item(),
        outer.value().item(),
        Tree.norm(metaGradient).item(),
        figures(after.memories(), writes.byLevel(), observation));
  }

  /// The parameters after the writes of a step, as a function of what was generated for it.
  private <P> Writes<P> write(
      State<P> now, List<LevelState> collected, Generated generated, long step) {
    List<Tensor> leaves = new ArrayList<>(Tree.leaves(now.params()));
    List<List<Write>> byLevel = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      Level level = levels.levels().get(i);
      if (step % level.period() != 0) {
        byLevel.add(List.of());
        continue;
      }
      LevelState state = collected.get(i);
      List<Tensor> mean =
          level.period() == 1
              ? state.gradients()
              : state.gradients().stream().map(g -> g.div(level.period())).toList();
      Tensor momentum = through(level, generated.momentum().get(i));
      var moved = level.optimizer().step(state.momentum(), mean, momentum);
      Tensor unit = polyak(state.observed()).div(length(moved.directions()));
      Tensor rate = through(level, generated.step().get(i)).times(unit);
      for (int j = 0; j < state.leaves().size(); j++) {
        int leaf = state.leaves().get(j);
        leaves.set(leaf, leaves.get(leaf).minus(moved.directions().get(j).times(rate)));
      }
      byLevel.add(List.of(new Write(rate, momentum, moved.state())));
    }
    return new Writes<>(Tree.withLeaves(now.params(), leaves), byLevel);
  }

  /// 2 L / ‖g‖, 0 where no sample gave a gradient.
  private static Tensor polyak(Tensor observed) {
    Tensor samples = observed.get(2);
    Tensor logs = observed.div(samples.maximum(1));
    return logs.get(0).minus(logs.get(1)).exp().times(2).times(samples.minimum(1));
  }

  /// The norm of directions; 1 for those that are 0, which have none to be divided by.
  private static Tensor length(List<Tensor> directions) {
    Tensor square =
        directions.stream().map(d -> d.square().sum()).reduce(Tensor::plus).orElseThrow();
    return square.equal(square.constant(0)).where(square.constant(1), square).sqrt();
  }

  private static Tensor through(Level level, Tensor generated) {
    return switch (level.throughWrites()) {
      case DIFFERENTIATED -> generated;
      case STOPPED -> generated.stopGradient();
    };
  }

  private boolean differentiates(long step) {
    return levels.levels().stream()
        .anyMatch(level ->
            step % level.period() == 0
                && level.throughWrites() == Level.ThroughWrites.DIFFERENTIATED);
  }

  /// The logarithms of the loss and of each level's gradient norm, `[levels, 2]`.
  private static Tensor observe(List<LevelState> levels, Tensor loss, List<Tensor> gradient) {
    Tensor logLoss = loss.plus(TINY * TINY).log();
    List<Tensor> rows = new ArrayList<>();
    for (LevelState level : levels) {
      Tensor norm = Tree.norm(pick(gradient, level.leaves()));
      rows.add(logLoss);
      rows.add(norm.plus(TINY).log());
    }
    return Tensor.stack(0, rows).reshape(levels.size(), 2);
  }

  private static List<LevelState> collect(
      List<LevelState> levels, List<Tensor> gradient, Tensor observation) {
    List<LevelState> collected = new ArrayList<>();
    for (int i = 0; i < levels.size(); i++) {
      LevelState level = levels.get(i);
      collected.add(
          new LevelState(
              level.leaves(),
              level.momentum(),
              Tree.zip(level.gradients(), pick(gradient, level.leaves()), Tensor::plus),
              level.observed().plus(counted(observation.get(i))),
              level.writes()));
    }
    return collected;
  }

  /// A level's observation and the number 1; all 0 for a sample that gave it no gradient.
  private static Tensor counted(Tensor observation) {
    Tensor given = observation.get(1).greater(Math.log(2 * TINY)).cast(observation.dtype());
    Tensor one = Tensor.ones(observation.dtype(), 1);
    return Tensor.concat(0, List.of(observation, one)).times(given);
  }

  /// What the levels keep after the writes: those that wrote start to collect anew.
  private static List<LevelState> settle(List<LevelState> collected, List<List<Write>> byLevel) {
    List<LevelState> settled = new ArrayList<>();
    for (int i = 0; i < collected.size(); i++) {
      LevelState level = collected.get(i);
      settled.add(level);
      for (Write write : byLevel.get(i)) {
        settled.set(
            i,
            new LevelState(
                level.leaves(),
                write.state(),
                zeros(level.gradients()),
                level.observed().zerosLike(),
                level.writes() + 1));
      }
    }
    return List.copyOf(settled);
  }

  private List<LevelFigures> figures(
      List<LevelState> after, List<List<Write>> byLevel, Tensor observation) {
    double[] logs = observation.toDoubles();
    List<LevelFigures> figures = new ArrayList<>();
    for (int i = 0; i < after.size(); i++) {
      String name = levels.levels().get(i).name();
      double norm = Math.exp(logs[2 * i + 1]);
      long writes = after.get(i).writes();
      figures.add(
          byLevel.get(i).isEmpty()
              ? new LevelFigures(name, Wrote.NO, 0, 0, norm, writes)
              : new LevelFigures(
                  name,
                  Wrote.YES,
                  byLevel.get(i).getFirst().rate().item(),
                  byLevel.get(i).getFirst().momentum().item(),
                  norm,
                  writes));
    }
    return figures;
  }

  private static List<Tensor> pick(List<Tensor> leaves, List<Integer> positions) {
    return positions.stream().map(leaves::get).toList();
  }

  private static List<Tensor> zeros(List<Tensor> like) {
    return like.stream().map(Tensor::zerosLike).toList();
  }
}
