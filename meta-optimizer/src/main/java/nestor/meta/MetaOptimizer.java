package nestor.meta;

import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Firing.Turn;
import nestor.meta.Level.ThroughWrites;
import nestor.meta.Walk.Done;
import nestor.meta.Walk.Place;
import nestor.meta.Walk.Trace;

/// Trains the levels of a nested learner on a stream of objectives, and learns while it does so how
/// they should be trained.
///
/// A level that writes moves its parameters along the direction D of its [Optimizer], by the
/// step that a [StepGenerator] makes of its [ContextFlow], in units of Polyak's step
///
///     θ ← θ − step · 2 L / (‖g‖ ‖D‖) · scale · D
///
/// where L and ‖g‖ are the geometric means of the loss and of the norm of the whole gradient since the
/// level last wrote, over the samples that gave a gradient at all; if none did, it makes no step; and
/// scale is that of a parameter's group, see [StepGenerator]. A
/// single level with a step of 1 along a direction D parallel to g would bring the linearized error
/// of a squared loss to 0 (Polyak, "Introduction to optimization", 1987, with the least loss 0).
///
/// The generator is the outermost level. The meta-loss L' is the loss on the next sample after the
/// writes of a window of `horizon` steps, each on fresh data, and its gradient flows back through all
/// of them: through the gradients that later steps of the window take, the memories and the context
/// flow. What enters a window is a constant, so gradients are truncated there. The generator descends
/// on the error rather than its square, √(L' + L̄) with the running loss L̄ as the window begins, or
/// a few large losses would decide alone. The last sample's gradient for the parameters falls out of
/// the same pass and is what the next window's first writes start from.
///
/// ```java
/// var levels = Levels.of(Level.of("fast", "fast.**"), Level.of("slow", "slow.**").every(16));
/// var training = Training.compiled(new MetaOptimizer(levels, Adam.withRate(1e-3), 1), Net::error);
/// var now = training.start(key, params, batch);
/// for (Batch next : batches) now = training.step(now, next).next();
/// ```
///
/// @param levels who writes what and when
/// @param adam how the generator learns
/// @param period every how many windows the generator is written, from the mean of its gradients; 0
///     for never, which leaves it as it was initialized
/// @param horizon the steps of a window, at least 1
public record MetaOptimizer(Levels levels, Adam adam, int period, int horizon) {
  /// Added before logarithms; squared for the loss, so that a loss of 0 gives a step of about 0.
  static final double TINY = 1e-12;

  /// A meta-optimizer with a period and a horizon that make sense.
  public MetaOptimizer {
    if (period < 0) {
      throw new IllegalArgumentException(
          "the generator has the period %d; it must be at least 1, or 0 for never"
              .formatted(period));
    }
    if (horizon < 1) {
      throw new IllegalArgumentException(
          "the meta-loss is taken %d steps ahead; it must be at least 1".formatted(horizon));
    }
  }

  /// A meta-optimizer that looks one step ahead.
  public MetaOptimizer(Levels levels, Adam adam, int period) {
    this(levels, adam, period, 1);
  }

  /// This one with a longer horizon.
  public MetaOptimizer ahead(int steps) {
    return new MetaOptimizer(levels, adam, period, steps);
  }

  /// A nested learner between two windows.
  ///
  /// @param params the levels' parameters θ
  /// @param losses of the latest sample at θ, by objective
  /// @param gradient its gradient, a tree like θ, each leaf of what its level descends on
  /// @param memories what each level keeps
  /// @param flow what the generator sees
  /// @param generator the generator in training
  /// @param metaGradient the sum of its gradients since it was last written
  /// @param step how many steps were taken, `int64`
  public record State<P>(
      P params,
      Map<String, Tensor> losses,
      P gradient,
      List<LevelState> memories,
      ContextFlow flow,
      Adam.State<StepGenerator> generator,
      StepGenerator metaGradient,
      Tensor step) {
    /// The loss that levels share.
    public Tensor loss() {
      return Objects.requireNonNull(losses.get(Level.SHARED));
    }

    Place<P> place() {
      return new Place<>(params, losses, gradient, memories, flow);
    }
  }

  /// The figures of a step.
  ///
  /// @param loss the loss before the writes
  /// @param metaLoss the loss on the next sample after them
  /// @param metaGradNorm the norm of the generator's gradient, of its whole window
  /// @param observation the logarithms of the loss and of the gradient norm, `[levels + groups, 2]`
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

  /// The result of a window.
  ///
  /// @param next the state after it
  /// @param figures what happened at each of its steps
  public record Window<P>(State<P> next, List<Figures> figures) {}

  private record Joint<P>(StepGenerator generator, P offset) {}

  /// The state before the first step, with an objective that all levels share.
  ///
  /// @param key where the generator and the momentum memories are drawn from
  /// @param params what the levels write; each leaf belongs to exactly one level
  /// @param objective the loss on the first sample
  public <P> State<P> start(Key key, P params, Function<P, Tensor> objective) {
    return start(key, params, Objectives.of((p, _) -> objective.apply(p)), List.of());
  }

  /// The state before the first step.
  ///
  /// @param key where the generator and the momentum memories are drawn from
  /// @param params what the levels write; each leaf belongs to exactly one level
  /// @param objectives what they descend on
  /// @param first the data of the first step
  public <P, D> State<P> start(Key key, P params, Objectives<P, D> objectives, D first) {
    Walk<P, D> walk = new Walk<>(levels, objectives);
    List<List<Integer>> shares = levels.shares(params);
    List<LevelState> memories = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      Key own = key.fold("momentum").fold(i);
      memories.add(LevelState.start(own, levels.levels().get(i), shares.get(i), params));
    }
    Place<P> place = walk.start(params, List.copyOf(memories), first);
    DType dtype = Tree.leaves(params).getFirst().dtype();
    List<Integer> groups =
        memories.stream().map(LevelState::groupCount).filter(count -> count > 0).toList();
    StepGenerator generator = StepGenerator.init(key.fold("generator"), dtype, levels, groups);
    return new State<>(
        params,
        place.losses(),
        place.gradient(),
        place.memories(),
        place.flow(),
        adam.start(generator),
        Tree.map(generator, Tensor::zerosLike),
        Tensor.scalar(DType.INT64, 0));
  }

  /// What fires at a step, counted from 1. The generator's turn is at the end of a window.
  public Firing firing(long step) {
    return new Firing(
        levels.levels().stream().map(level -> Turn.at(step, level.period())).toList(),
        Turn.at(step, Math.multiplyExact(period, horizon)));
  }

  /// What fires at each step of a window.
  ///
  /// @param first the number of its first step, counted from 1
  List<Firing> firings(long first) {
    return LongStream.range(first, first + horizon).mapToObj(this::firing).toList();
  }

  /// A window of one step with an objective that all levels share: the levels whose turn it is
  /// write, and the generator learns from what that does to the loss on the next sample. A pure
  /// function of trees, which [Training] compiles.
  ///
  /// @param firing whose turn it is
  /// @param next the loss on the next sample
  public <P> Step<P> step(State<P> now, Firing firing, Function<P, Tensor> next) {
    Objectives<P, List<Tensor>> shared = Objectives.of((p, _) -> next.apply(p));
    Window<P> window = window(now, List.of(firing), shared, List.of(List.of()));
    return new Step<>(window.next(), window.figures().getFirst());
  }

  /// The steps of a window, at each of which the levels whose turn it is write; the generator
  /// learns from what that does to the loss on the last data. A pure function of trees, which
  /// [Training] compiles.
  ///
  /// @param firings for each step whose turn it is
  /// @param data for each step what is looked at after its writes
  public <P, D> Window<P> window(
      State<P> now, List<Firing> firings, Objectives<P, D> objectives, List<D> data) {
    requireHorizon(firings, data);
    Walk<P, D> walk = new Walk<>(levels, objectives);
    var outer =
        valueAndGradWithAux(
            (Joint<P> joint) ->
                walk.ahead(
                    now.place(),
                    (step, features) -> joint.generator().at(features),
                    joint.offset(),
                    firings,
                    data),
            new Joint<>(now.generator().params(), Tree.map(now.params(), Tensor::zerosLike)),
            unreached(now, firings));
    Trace<P> trace = outer.aux();
    StepGenerator metaGradient =
        ofError(outer.gradient().generator(), trace.steps().getFirst(), outer.value());
    StepGenerator sum = Tree.zip(now.metaGradient(), metaGradient, Tensor::plus);
    boolean learns = firings.getLast().generator() == Turn.WRITES;
    Place<P> place = walk.look(outer.value(), outer.gradient().offset(), trace, data.getLast());
    State<P> after =
        new State<>(
            place.params(),
            place.losses(),
            place.gradient(),
            place.memories(),
            place.flow(),
            learns
                ? adam.next(now.generator(), Tree.map(sum, g -> g.div(period)))
                : now.generator(),
            learns ? Tree.map(sum, Tensor::zerosLike) : sum,
            now.step().plus(horizon));
    return new Window<>(after, figures(trace.steps(), outer.value(), Tree.norm(metaGradient)));
  }

  private <D> void requireHorizon(List<Firing> firings, List<D> data) {
    if (firings.size() != horizon || data.size() != horizon) {
      throw new IllegalArgumentException(
          "a window has %d steps, but was given %d firings and the data of %d steps"
              .formatted(horizon, firings.size(), data.size()));
    }
  }

  /// The gradient of √(L' + L̄) for that of L'.
  ///
  /// @param first the first step of the window
  private StepGenerator ofError(StepGenerator gradient, Done first, Tensor metaLoss) {
    Tensor root = root(first, metaLoss);
    return Tree.map(gradient, g -> g.div(root));
  }

  /// What the gradient of L' is divided by for that of √(L' + L̄).
  Tensor root(Done first, Tensor metaLoss) {
    return runningLoss(first).plus(metaLoss).plus(TINY * TINY).sqrt().times(2);
  }

  /// L̄ of the shared objective, which a level sees that descends on it; where none does, the loss.
  private Tensor runningLoss(Done first) {
    return levels.descending(Level.SHARED).stream()
        .findFirst()
        .map(row -> first.seen().flow().fast().get(row).get(0).exp())
        .orElse(first.loss());
  }

  private static List<Figures> figures(List<Done> steps, Tensor metaLoss, Tensor metaGradNorm) {
    List<Figures> figures = new ArrayList<>();
    for (int k = 0; k < steps.size(); k++) {
      boolean isLast = k == steps.size() - 1;
      List<LevelState.Write> made = steps.get(k).writes().stream().flatMap(List::stream).toList();
      figures.add(
          new Figures(
              steps.get(k).loss(),
              isLast ? metaLoss : steps.get(k + 1).loss(),
              metaGradNorm,
              steps.get(k).seen().observation(),
              made.stream().map(LevelState.Write::rate).toList(),
              made.stream().map(LevelState.Write::momentum).toList()));
    }
    return List.copyOf(figures);
  }

  /// What no write of a window can reach; that it gets no gradient is meant.
  private Frozen unreached(State<?> now, List<Firing> firings) {
    List<Level> through =
        IntStream.range(0, levels.count())
            .filter(i -> firings.stream().anyMatch(firing -> firing.writes(i)))
            .mapToObj(i -> levels.levels().get(i))
            .filter(level -> level.throughWrites() == ThroughWrites.DIFFERENTIATED)
            .toList();
    List<String> paths = new ArrayList<>();
    if (through.isEmpty()) {
      paths.add("generator.**");
    } else {
      if (through.stream().noneMatch(level -> Hyper.hasMomentum(level.optimizer()))) {
        paths.add("generator.momentum");
      }
      List<Level> grouped =
          IntStream.range(0, levels.count())
              .filter(i -> now.memories().get(i).groupCount() > 0)
              .mapToObj(i -> levels.levels().get(i))
              .toList();
      for (int i = 0; i < grouped.size(); i++) {
        if (!through.contains(grouped.get(i))) {
          paths.add("generator.scales." + i);
        }
      }
    }
    levels.foreign(Level.SHARED, now.params()).forEach(path -> paths.add("offset." + path));
    return new Frozen(paths);
  }

  /// The levels as a table, with the generator, the outermost one, last.
  @Override
  public String toString() {
    String rate = String.valueOf(adam.rate().item());
    String ahead = horizon == 1 ? "its own" : "its own, %d steps ahead".formatted(horizon);
    return LevelTable.of(levels)
        .with("meta", String.valueOf(period * horizon), "generator", "Adam", rate, "", ahead)
        .toString();
  }
}
