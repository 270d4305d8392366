package nestor.meta;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A level may be written by any [Optimizer]: it goes the way that the optimizer would, as far as
/// the generated step says, with the generated momentum.
class LevelOptimizersTest {
  private static final Tally TALLY = new Tally("levels by any optimizer, against it alone");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private enum Row {
    SGD(Sgd.withRate(0.3).withWeightDecay(0.1), false),
    MOMENTUM(Momentum.withRate(0.1), true),
    NESTEROV(Nesterov.withRate(0.1), true),
    ADA_GRAD(AdaGrad.withRate(0.1), false),
    RMS_PROP(RmsProp.withRate(0.1), false),
    ADAM(Adam.withRate(0.1), true),
    ADAM_W(AdamW.withRate(0.1), true),
    MUON(Muon.withRate(0.1).withWeightDecay(0.1), true),
    DELTA_MOMENTUM(DeltaMomentum.withRate(0.1), true),
    PRECONDITIONED(PreconditionedMomentum.withRate(0.1), true),
    ASSOCIATIVE(AssociativeMemoryOptimizer.withRate(0.1), true),
    M3_PAPER(M3Paper.withRate(0.1).every(2), false),
    M3_EMA(M3Ema.withRate(0.1).every(2), true),
    DEEP_MOMENTUM(DeepMomentumGradientDescent.withRate(0.1).with(new DeepMomentum(3, 4)), true),
    SCHEDULED(
        new Scheduled(Momentum.withRate(0.1), new Schedule.LinearWarmup(Tensor.scalar(3.0))), true),
    CLIPPED(Clipped.byValue(Momentum.withRate(0.1), 0.2), true),
    PER_PATH(PerPath.of("in", Muon.withRate(0.2)).otherwise("**", RmsProp.withRate(0.1)), true);

    @SuppressWarnings("ImmutableEnumChecker") // a record of tensors, which is immutable
    private final Optimizer optimizer;

    private final boolean hasMomentum;

    Row(Optimizer optimizer, boolean hasMomentum) {
      this.optimizer = optimizer;
      this.hasMomentum = hasMomentum;
    }
  }

  private static final double MOMENTUM = 0.6;

  private static MetaOptimizer optimizer(Row row) {
    Level level = Level.of("all", "**").by(row.optimizer).from(0.05, MOMENTUM);
    return SmallModel.optimizer(0, List.of(level));
  }

  /// The optimizer with its momentum, which tests set to what is generated.
  private static Optimizer withMomentum(Optimizer optimizer) {
    return switch (optimizer) {
      case WithMomentum with -> with.withMomentum(Tensor.scalar(MOMENTUM));
      case Scheduled s -> new Scheduled((Rated) withMomentum(s.optimizer()), s.schedule());
      case Clipped c -> new Clipped(withMomentum(c.optimizer()), c.clip());
      case PerPath p ->
          new PerPath(
              p.rules().stream()
                  .map(r -> new PerPath.Rule(r.pattern(), withMomentum(r.optimizer())))
                  .toList());
      default -> optimizer;
    };
  }

  private static Map<String, Tensor> map(Object tree) {
    return Tree.toMap(tree);
  }

  private static Tensor flat(Object before, Object after) {
    List<Tensor> moved = new ArrayList<>();
    Map<String, Tensor> there = map(after);
    map(before).forEach((path, leaf) -> moved.add(leaf.minus(there.get(path)).reshape(-1)));
    return Tensor.concat(0, moved);
  }

  /// The optimizer alone, asked at each place that the level comes to, and put back to it.
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEEP_MOMENTUM") // draws its own memories
  void aLevelGoesTheWayOfItsOptimizer(Row row) {
    MetaOptimizer meta = optimizer(row);
    State<SmallModel> state = SmallModel.start(meta);
    Optimizer alone = withMomentum(row.optimizer);
    Optimizer.State<Map<String, Tensor>> own = alone.start(map(state.params()));
    for (int t = 1; t <= 4; t++) {
      Map<String, Tensor> before = map(state.params());
      Map<String, Tensor> gradient = map(grad(SmallModel.loss(t - 1), state.params()));
      own = alone.next(moved(own, before), gradient);
      var step = SmallModel.step(meta, state, SmallModel.loss(t));
      Tensor wanted = flat(before, own.params());
      Tensor given = flat(before, step.next().params());
      double length = 0.05 * 2 * step.loss() / Tree.norm(state.gradient()).item();
      TALLY.near(1e-9, wanted.times(length / Tree.norm(wanted).item()), given);
      TALLY.equal(row.hasMomentum, meta.levels().toString().contains("0.6"));
      state = step.next();
    }
  }

  /// The state with other parameters, all of which are different tensors.
  private static Optimizer.State<Map<String, Tensor>> moved(
      Optimizer.State<Map<String, Tensor>> state, Map<String, Tensor> there) {
    Map<String, Tensor> params = state.params();
    return Tree.map(
        state,
        leaf ->
            params.entrySet().stream()
                .filter(param -> param.getValue() == leaf)
                .map(param -> there.get(param.getKey()))
                .findFirst()
                .orElse(leaf));
  }

  /// Gradients of parts in a million of the parameters, which float32 would round to 6 percent.
  @ParameterizedTest
  @EnumSource(names = {"SGD", "MOMENTUM", "NESTEROV"})
  void smallGradientsAreNotRoundedAway(Row row) {
    Optimizer plain = row == Row.SGD ? Sgd.withRate(1) : row.optimizer;
    Level level = Level.of("w", "").by(plain).from(0.1, 0.5);
    MetaOptimizer meta = SmallModel.optimizer(0, List.of(level));
    Tensor slope = SmallModel.KEY.normal(DType.FLOAT64, 50).times(1e-6);
    Tensor start = SmallModel.KEY.fold("w").normal(DType.FLOAT64, 50);
    List<Tensor> directions = new ArrayList<>();
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      var state =
          meta.start(SmallModel.KEY, start.cast(dtype), w -> w.dot(slope.cast(dtype)).plus(1));
      var written =
          state
              .memories()
              .getFirst()
              .collect(List.of(state.gradient()), Tensor.zeros(dtype, 3))
              .write(
                  level,
                  List.of(state.params()),
                  Tensor.ones(dtype),
                  Tensor.ones(dtype),
                  Optional.empty());
      Tensor direction = written.directions().getFirst().cast(DType.FLOAT64);
      directions.add(direction.div(Tree.norm(direction)));
    }
    TALLY.near(1e-6, directions.getFirst(), directions.getLast());
  }

  @ParameterizedTest
  @EnumSource
  void compiledStepsAreEagerOnes(Row row) {
    MetaOptimizer meta = SmallModel.optimizer(1, optimizer(row).levels().levels());
    var eager = Training.eager(meta, SmallModel::error);
    var compiled = Training.compiled(meta, SmallModel::error);
    SmallModel model = SmallModel.create();
    State<SmallModel> expected = eager.start(SmallModel.KEY, model, SmallModel.sample(0));
    State<SmallModel> given = compiled.start(SmallModel.KEY, model, SmallModel.sample(0));
    for (int t = 1; t <= 5; t++) {
      expected = eager.step(expected, SmallModel.sample(t)).next();
      given = compiled.step(given, SmallModel.sample(t)).next();
      TALLY.finite(expected);
    }
    TALLY.near(1e-9, expected, given);
  }

  /// One level by each optimizer learns, and its generated step and momentum leave where they
  /// began; a momentum that nothing uses stays.
  @ParameterizedTest
  @EnumSource
  void levelsLearnAndGenerationMoves(Row row) {
    MetaOptimizer meta = SmallModel.optimizer(1, optimizer(row).levels().levels());
    State<SmallModel> start = SmallModel.start(meta);
    var states = SmallModel.states(meta, start, 60);
    double before = 0;
    double after = 0;
    for (int t = 200; t < 230; t++) {
      before += SmallModel.loss(t).apply(start.params()).item();
      after += SmallModel.loss(t).apply(states.getLast().params()).item();
    }
    TALLY.one(after < 0.9 * before, row + " took " + before + " to " + after);
    StepGenerator began = start.generator().params();
    StepGenerator now = states.getLast().generator().params();
    TALLY.otherBits(began.step(), now.step());
    if (row.hasMomentum) {
      TALLY.otherBits(began.momentum(), now.momentum());
    } else {
      TALLY.sameBits(began.momentum(), now.momentum());
    }
  }

  @Test
  void theTableNamesOptimizersAndWhatTheyLeaveUnused() {
    List<String> lines =
        Levels.of(
                Level.of("a", "a").by(AdamW.withRate(0.1)),
                Level.of("b", "b").by(Clipped.byGlobalNorm(Sgd.withRate(1), 1)),
                Level.of("c", "c").by(Row.PER_PATH.optimizer))
            .toString()
            .lines()
            .toList();
    TALLY.one(lines.get(1).contains(" AdamW "), lines.get(1));
    TALLY.one(lines.get(1).contains(" 0.9 "), lines.get(1));
    TALLY.one(lines.get(2).contains(" Sgd, clipped "), lines.get(2));
    TALLY.one(lines.get(2).contains(" none "), lines.get(2));
    TALLY.one(lines.get(3).contains(" Muon and RmsProp "), lines.get(3));
    List<Integer> columns = lines.stream().map(line -> line.lastIndexOf("  ")).distinct().toList();
    TALLY.equal(1, columns.size());
  }

  /// Its state has the parameters doubled.
  private record Astray(Tensor rate) implements Optimizer {
    private record Elsewhere<T>(T params) implements Optimizer.State<T> {}

    @Override
    public <T> Elsewhere<T> start(T params) {
      return new Elsewhere<>(Tree.map(params, p -> p.times(2)));
    }

    @Override
    public <T> Elsewhere<T> next(Optimizer.State<T> now, T gradient) {
      return new Elsewhere<>(now.params());
    }
  }

  @Test
  void optimizersThatDoNotHoldTheirParametersAreNamed() {
    Level level = Level.of("all", "**").by(new Astray(Tensor.scalar(1)));
    TALLY.fails(
        () -> SmallModel.start(SmallModel.optimizer(1, List.of(level))), "Astray", "parameters");
  }

  /// One tensor twice among the parameters is two parameters.
  @Test
  void sharedTensorsAreParametersOfTheirOwn() {
    Tensor one = Tensor.of(1.0, 2);
    Level level = Level.of("all", "**").by(Momentum.withRate(1));
    MetaOptimizer meta = SmallModel.optimizer(1, List.of(level));
    List<Tensor> start = List.of(one, one);
    var training =
        Training.eager(
            meta,
            (List<Tensor> p, Tensor x) -> p.get(0).dot(x).minus(p.get(1).sum()).minus(3).square());
    var state = training.start(SmallModel.KEY, start, Tensor.of(1.0, -1));
    var next = Transform.stopGradient(training.step(state, Tensor.of(2.0, 1)).next().params());
    TALLY.otherBits(next.get(0), next.get(1));
  }
}
