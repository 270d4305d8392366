package nestor.meta;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Frozen;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import nestor.meta.SmallModel.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Levels that descend on objectives of their own, over their own context.
class ObjectivesTest {
  private static final Tally TALLY = new Tally("levels with objectives of their own");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// The first layer shall keep its answers small.
  private static Tensor small(SmallModel model, Sample sample) {
    Tensor answers = sample.x().matmulTransposed(model.in()).plus(model.bias());
    return answers.square().mean().plus(0.5);
  }

  private static List<Level> levels(String in, String bias, String out) {
    List<Level> levels = SmallModel.levels(1, 2, 1);
    return List.of(levels.get(0).on(in), levels.get(1).on(bias), levels.get(2).on(out));
  }

  private static final Objectives<SmallModel, Sample> BOTH =
      Objectives.<SmallModel, Sample>of(SmallModel::error).with("small", ObjectivesTest::small);

  private static State<SmallModel> start(Training<SmallModel, Sample> training) {
    return SmallModel.withHead(
        training.start(SmallModel.KEY.fold("s"), SmallModel.create(), SmallModel.sample(0)));
  }

  @Test
  void gradientsAndLossesAreThoseOfEachLevelsObjective() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, levels("small", "small", Level.SHARED));
    var training = Training.eager(optimizer, BOTH);
    State<SmallModel> now = start(training);
    for (int t = 0; t < 5; t++) {
      Sample sample = SmallModel.sample(t);
      SmallModel at = now.params();
      SmallModel shared = grad(m -> m.error(sample), at);
      SmallModel own = grad(m -> small(m, sample), at, Frozen.paths("out"));
      TALLY.near(1e-14, new SmallModel(own.in(), own.bias(), shared.out()), now.gradient());
      TALLY.near(1e-14, at.error(sample), now.loss());
      Map<String, Tensor> losses = now.losses();
      TALLY.near(1e-14, small(at, sample), losses.get("small"));
      now = training.step(now, SmallModel.sample(t + 1)).next();
    }
  }

  /// Steps are in units of 2 L / ‖g‖ of the level's own loss, over the levels that share it.
  @Test
  void stepsAreInUnitsOfTheOwnObjective() {
    List<Level> levels = levels("small", Level.SHARED, Level.SHARED);
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels);
    var training = Training.eager(optimizer, BOTH);
    var now = training.start(SmallModel.KEY, SmallModel.create(), SmallModel.sample(0));
    var next = training.step(now, SmallModel.sample(1)).next();
    SmallModel g = now.gradient();
    double in = 2 * now.losses().get("small").item() / Tree.norm(g.in()).item();
    double out = 2 * now.loss().item() / Tree.norm(List.of(g.bias(), g.out())).item();
    Tensor inMoved = now.params().in().minus(next.params().in());
    Tensor outMoved = now.params().out().minus(next.params().out());
    TALLY.near(1e-9, Tensor.scalar(0.02 * in), Tree.norm(inMoved));
    TALLY.near(1e-9, Tensor.scalar(0.05 * out), Tree.norm(outMoved));
  }

  /// An objective that is the shared one under another name changes nothing.
  @Test
  void theSharedObjectiveUnderAnotherNameIsTheSame() {
    Objectives<SmallModel, Sample> twice =
        Objectives.<SmallModel, Sample>of(SmallModel::error).with("same", SmallModel::error);
    var shared = Training.eager(SmallModel.optimizer(0, SmallModel.levels(1, 2, 1)), BOTH);
    var own = Training.eager(SmallModel.optimizer(0, levels("same", "same", "same")), twice);
    State<SmallModel> expected = start(shared);
    State<SmallModel> given = start(own);
    for (int t = 1; t <= 8; t++) {
      var next = shared.step(expected, SmallModel.sample(t));
      var other = own.step(given, SmallModel.sample(t));
      TALLY.one(Math.abs(next.metaLoss() - other.metaLoss()) < 1e-12, "another meta-loss");
      expected = next.next();
      given = other.next();
      TALLY.near(1e-12, expected.params(), given.params());
      TALLY.near(1e-12, expected.memories(), given.memories());
    }
  }

  @Test
  void eachObjectiveIsComputedOnceAStep() {
    List<String> calls = new ArrayList<>();
    Objectives<SmallModel, Sample> counted =
        Objectives.<SmallModel, Sample>of(
                (model, sample) -> {
                  calls.add("shared");
                  return model.error(sample);
                })
            .with(
                "small",
                (model, sample) -> {
                  calls.add("small");
                  return small(model, sample);
                });
    for (String in : List.of(Level.SHARED, "small")) {
      var training = Training.eager(SmallModel.optimizer(1, levels(in, in, Level.SHARED)), counted);
      var state = training.start(SmallModel.KEY, SmallModel.create(), SmallModel.sample(0));
      calls.clear();
      training.step(state, SmallModel.sample(1));
      TALLY.equal(in.equals("small") ? List.of("shared", "small") : List.of("shared"), calls);
    }
  }

  /// Through the gradients of both objectives in the window.
  @Test
  void metaGradientsAreThroughTheWritesOfAllObjectives() {
    MetaOptimizer optimizer =
        SmallModel.optimizer(0, levels("small", "small", Level.SHARED)).ahead(2);
    var training = Training.eager(optimizer, BOTH);
    State<SmallModel> state = start(training);
    List<Sample> data = List.of(SmallModel.sample(1), SmallModel.sample(2));
    Tensor fast = state.flow().fast().get(2).get(0); // of the level that shares
    StepGenerator expected =
        SmallModel.differences(
            state.generator().params(),
            g -> {
              var last = training.window(SmallModel.with(state, g), data).getLast();
              return last.metaLoss();
            });
    StepGenerator given = training.window(state, data).getLast().next().metaGradient();
    double metaLoss = training.window(state, data).getLast().metaLoss();
    double root = 2 * Math.sqrt(metaLoss + Math.exp(fast.item()));
    SmallModel.assertRelative(TALLY, 1e-6, expected, Tree.map(given, g -> g.times(root)));
  }

  @Test
  void compiledStepsAreEagerOnes() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, levels("small", Level.SHARED, "small"));
    Objectives<SmallModel, Sample> objectives =
        Objectives.<SmallModel, Sample>of(SmallModel::error)
            .with("small", (m, s) -> small(m, s).plus(m.out().square().sum()));
    var eager = Training.eager(optimizer, objectives);
    var compiled = Training.compiled(optimizer, objectives);
    State<SmallModel> now = start(eager);
    for (int t = 1; t <= 6; t++) {
      var expected = eager.step(now, SmallModel.sample(t)).next();
      var given = compiled.step(Transform.stopGradient(now), SmallModel.sample(t)).next();
      TALLY.near(1e-13, expected, given);
      now = expected;
    }
  }

  /// A memory that only its own objective knows of: the generator cannot learn its steps.
  @Test
  void parametersOfTheOwnObjectiveAlone() {
    record Two(Tensor w, Tensor memory) {}
    Level w = Level.of("w", "w").by(new DeepMomentum(0, 0));
    Level memory = Level.of("memory", "memory").by(Sgd.withRate(1)).on("recall").stopped();
    Objectives<Two, Tensor> objectives =
        Objectives.<Two, Tensor>of((two, x) -> two.w().minus(x).square().sum())
            .with("recall", (two, x) -> two.memory().minus(x.times(2)).square().sum());
    for (int horizon : new int[] {1, 2}) {
      MetaOptimizer optimizer = SmallModel.optimizer(1, List.of(w, memory)).ahead(horizon);
      var training = Training.compiled(optimizer, objectives);
      var now =
          training.start(
              SmallModel.KEY, new Two(Tensor.of(4.0, 4), Tensor.of(9.0, 9)), Tensor.of(1.0, 2));
      double before = now.losses().get("recall").item();
      for (int t = 0; t < 20; t++) {
        List<Tensor> data = new ArrayList<>();
        for (int k = 0; k < horizon; k++) {
          data.add(Tensor.of(1.0, 2));
        }
        now = training.window(now, data).getLast().next();
        TALLY.finite(now);
      }
      TALLY.one(now.losses().get("recall").item() < 0.2 * before, "not learned");
      TALLY.equal(0.1, round(Math.exp(now.generator().params().step().get(1).item())));
    }
  }

  private static double round(double value) {
    return Math.round(value * 1e9) / 1e9;
  }

  @Test
  void mistakesAreNamed() {
    var training =
        Training.eager(SmallModel.optimizer(1, levels("smal", "small", Level.SHARED)), BOTH);
    TALLY.fails(() -> start(training), "'smal'", "small");
    TALLY.fails(() -> BOTH.with(Level.SHARED, SmallModel::error), Level.SHARED);
  }

  @Test
  void theTableNamesObjectives() {
    String table = new Levels(levels("small", Level.SHARED, Level.SHARED)).toString();
    TALLY.one(table.contains("deep momentum on small"), table);
    TALLY.equal(1L, table.lines().filter(line -> line.contains(" on ")).count());
  }
}
