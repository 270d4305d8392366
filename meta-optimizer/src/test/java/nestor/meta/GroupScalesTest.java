package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A level with several path patterns has a generated scale for each.
class GroupScalesTest {
  private static final Tally TALLY = new Tally("scales of groups of parameters");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static List<Level> levels() {
    DeepMomentum deep = new DeepMomentum(2, 3);
    return List.of(
        Level.of("layer", "in", "bias").by(deep).from(0.02, 0.7),
        Level.of("out", "out").by(deep).from(0.05, 0.8));
  }

  private static State<SmallModel> start(MetaOptimizer optimizer, double... scales) {
    var begun = SmallModel.withHead(SmallModel.start(optimizer));
    var state = SmallModel.uncollected(SmallModel.states(optimizer, begun, 2).getLast());
    StepGenerator g = state.generator().params();
    return SmallModel.with(
        state,
        new StepGenerator(
            g.hidden(), g.head(), g.step(), g.momentum(), List.of(Tensor.of(scales))));
  }

  @Test
  void groupsAreTheFirstPatternsThatCover() {
    Level level = Level.of("l", "a.*", "none", "a.b", "**");
    TALLY.equal(List.of(0, 1, 0), level.groups(List.of("a.b", "c", "a.d")));
    TALLY.equal(List.of(0, 0), Level.of("l", "x", "**").groups(List.of("a.b", "c")));
  }

  @Test
  void oneGroupNeedsNoScale() {
    var one = SmallModel.start(SmallModel.optimizer(1, SmallModel.levels(1, 1, 1)));
    TALLY.equal(List.of(), one.generator().params().scales());
    TALLY.equal(3, one.flow().features().shape().dim(0));
    var two = SmallModel.start(SmallModel.optimizer(1, levels()));
    TALLY.sameBits(List.of(Tensor.of(0.0, 0)), two.generator().params().scales());
    TALLY.equal(4, two.flow().features().shape().dim(0));
  }

  /// The rows of the groups: the level's loss, and the norms of their own gradients.
  @Test
  void theFlowSeesTheGradientsOfGroups() {
    var state = SmallModel.start(SmallModel.optimizer(1, levels()));
    List<Tensor> parts = List.of(state.gradient().in(), state.gradient().bias());
    for (int group = 0; group < 2; group++) {
      Tensor row = state.flow().last().get(2 + group);
      TALLY.near(1e-12, state.loss().log(), row.get(0));
      TALLY.near(1e-10, Tree.norm(parts.get(group)).log(), row.get(1));
    }
  }

  /// exp(±(s₀ − s₁) / 2) times the move without scales, with a head of 0.
  @Test
  void scalesMultiplyTheMovesOfTheirGroups() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels());
    var plain = SmallModel.start(optimizer);
    StepGenerator g = plain.generator().params();
    List<Tensor> scales = List.of(Tensor.of(0.7, -0.4));
    var scaled =
        SmallModel.with(
            plain, new StepGenerator(g.hidden(), g.head(), g.step(), g.momentum(), scales));
    SmallModel from = plain.params();
    SmallModel a = SmallModel.step(optimizer, plain, SmallModel.loss(1)).next().params();
    SmallModel b = SmallModel.step(optimizer, scaled, SmallModel.loss(1)).next().params();
    TALLY.near(1e-12, a.in().minus(from.in()).times(Math.exp(0.55)), b.in().minus(from.in()));
    TALLY.near(
        1e-12, a.bias().minus(from.bias()).times(Math.exp(-0.55)), b.bias().minus(from.bias()));
    TALLY.sameBits(a.out(), b.out());
  }

  @Test
  void metaGradientsAreFiniteDifferences() {
    for (int horizon : new int[] {1, 3}) {
      MetaOptimizer optimizer = SmallModel.optimizer(0, levels()).ahead(horizon);
      MetaOptimizer one = SmallModel.optimizer(0, levels());
      State<SmallModel> state = start(one, 0.2, -0.3);
      var training = Training.eager(optimizer, SmallModel::error);
      List<SmallModel.Sample> data =
          List.of(SmallModel.sample(1), SmallModel.sample(2), SmallModel.sample(3))
              .subList(0, horizon);
      StepGenerator expected =
          SmallModel.differences(
              state.generator().params(),
              g -> training.window(SmallModel.with(state, g), data).getLast().metaLoss());
      Tensor fast = state.flow().fast().get(0).get(0);
      double running = Math.exp(fast.plus(state.loss().log().minus(fast).div(5)).item());
      var last = training.window(state, data).getLast();
      double root = 2 * Math.sqrt(last.metaLoss() + running);
      StepGenerator given = Tree.map(last.next().metaGradient(), g -> g.times(root));
      SmallModel.assertRelative(TALLY, 1e-6, expected, given);
      Tree.toMap(given)
          .forEach((path, leaf) -> {
            for (double g : leaf.toDoubles()) {
              TALLY.one(g != 0, path + " has a gradient of 0");
            }
          });
    }
  }

  /// Everything that is generated leaves where it began, and so does every parameter behind it.
  @Test
  void generationMoves() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, levels());
    var states = SmallModel.states(optimizer, SmallModel.start(optimizer), 30);
    var began = Tree.toMap(states.getFirst().generator().params());
    Tree.toMap(states.getLast().generator().params())
        .forEach((path, leaf) -> {
          double[] before = began.get(path).toDoubles();
          double[] after = leaf.toDoubles();
          for (int i = 0; i < before.length; i++) {
            TALLY.one(before[i] != after[i], path + " has not moved at " + i);
          }
        });
    var scales =
        states
            .getLast()
            .generator()
            .params()
            .at(states.getLast().flow().features())
            .scales()
            .getFirst();
    TALLY.one(Math.abs(scales.get(0).item() - 1) > 1e-3, "a scale of " + scales);
    TALLY.near(1e-12, Tensor.scalar(1), scales.get(0).times(scales.get(1)));
  }

  /// A level that waits or is stopped gives its scales nothing, and that is no mistake.
  @Test
  void scalesOfLevelsThatDoNotWriteGetNoGradient() {
    List<Level> slow = List.of(levels().get(0).every(2), levels().get(1));
    List<Level> stopped = List.of(levels().get(0).stopped(), levels().get(1));
    for (List<Level> levels : List.of(slow, stopped)) {
      MetaOptimizer optimizer = SmallModel.optimizer(0, levels);
      var step = SmallModel.step(optimizer, start(optimizer, 0.2, -0.3), SmallModel.loss(1));
      TALLY.sameBits(List.of(Tensor.of(0.0, 0)), step.next().metaGradient().scales());
      TALLY.one(step.metaGradNorm() > 0, "no meta-gradient");
    }
  }

  @Test
  void compiledStepsAreEagerOnes() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, levels());
    var eager = Training.eager(optimizer, SmallModel::error);
    var compiled = Training.compiled(optimizer, SmallModel::error);
    State<SmallModel> now = start(optimizer, 0.2, -0.3);
    for (int t = 1; t <= 10; t++) {
      var expected = eager.step(now, SmallModel.sample(t)).next();
      var given = compiled.step(Transform.stopGradient(now), SmallModel.sample(t)).next();
      TALLY.near(1e-13, expected, given);
      now = expected;
    }
  }
}
