package nestor.meta;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What the generator of a [MetaOptimizer] learns from: the derivative of √(L' + L̄) through the
/// writes.
class MetaOptimizerGradientTest {
  private static final Tally TALLY = new Tally("meta-gradients against differences");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A state after some steps, with a generator to which the context counts and nothing collected.
  private static State<SmallModel> after(MetaOptimizer optimizer, int steps) {
    State<SmallModel> start = SmallModel.withHead(SmallModel.start(optimizer));
    return SmallModel.uncollected(SmallModel.states(optimizer, start, steps).getLast());
  }

  private static StepGenerator metaGradient(MetaOptimizer optimizer, State<SmallModel> state) {
    return SmallModel.step(optimizer, state, SmallModel.loss(SmallModel.number(state) + 1))
        .next()
        .metaGradient();
  }

  /// √(L' + L̄) with the running loss L̄, as a function of the generator.
  private static double objective(
      MetaOptimizer optimizer, State<SmallModel> state, StepGenerator generator) {
    var with = SmallModel.with(state, generator);
    var step = SmallModel.step(optimizer, with, SmallModel.loss(SmallModel.number(state) + 1));
    double running = Math.exp(step.next().flow().fast().get(0).get(0).item());
    return Math.sqrt(step.metaLoss() + running);
  }

  private static StepGenerator differences(MetaOptimizer optimizer, State<SmallModel> state) {
    return SmallModel.differences(
        state.generator().params(), generator -> objective(optimizer, state, generator));
  }

  private static void assertRelative(
      double tolerance, StepGenerator expected, StepGenerator given) {
    SmallModel.assertRelative(TALLY, tolerance, expected, given);
  }

  @Test
  void metaGradientsAreFiniteDifferencesThroughTheWrites() {
    // Step 6 writes all levels, 7 the first, 8 the first and the second.
    for (int steps : new int[] {5, 6, 7}) {
      MetaOptimizer optimizer = SmallModel.optimizer(0, SmallModel.levels(1, 2, 3));
      State<SmallModel> state = after(optimizer, steps);
      assertRelative(1e-6, differences(optimizer, state), metaGradient(optimizer, state));
    }
  }

  @Test
  void metaGradientsOfWritingLevelsAreNotZero() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, SmallModel.levels(1, 2, 3));
    StepGenerator all = metaGradient(optimizer, after(optimizer, 5));
    Tree.toMap(all)
        .forEach((path, leaf) -> {
          for (double g : leaf.toDoubles()) {
            TALLY.one(g != 0, path + " has a gradient of 0");
          }
        });
    StepGenerator first = metaGradient(optimizer, after(optimizer, 6)); // only the first writes
    for (Tensor own : List.of(first.step(), first.momentum())) {
      TALLY.one(own.get(0).item() != 0, "the level that wrote has no meta-gradient");
      TALLY.sameBits(Tensor.of(0.0, 0), own.slice(0, 1, 3));
    }
  }

  /// At the start the head is 0, so that nothing behind it has a gradient; the head has one.
  @Test
  void theHeadLearnsFromTheFirstStep() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, SmallModel.levels(1, 1, 1));
    StepGenerator first = metaGradient(optimizer, SmallModel.start(optimizer));
    for (Tensor leaf : List.of(first.head(), first.step())) {
      TALLY.one(Arrays.stream(leaf.toDoubles()).allMatch(g -> g != 0), "no gradient: " + leaf);
    }
  }

  /// The same function put together of its parts and differentiated as a whole.
  @Test
  void metaGradientsAreThoseOfTheComposedFunction() {
    List<Level> levels = SmallModel.levels(1, 1, 1);
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels);
    State<SmallModel> state = after(optimizer, 4);
    var next = SmallModel.loss(SmallModel.number(state) + 1);
    var flow = SmallModel.step(optimizer, state, next).next().flow();
    List<Tensor> params = Tree.leaves(state.params());
    List<Tensor> gradient = Tree.leaves(state.gradient());
    StepGenerator expected =
        grad(
            (StepGenerator generator) -> {
              var generated = generator.at(flow.features());
              List<Tensor> written = new ArrayList<>();
              for (int i = 0; i < levels.size(); i++) {
                Tensor g = gradient.get(i);
                var moved =
                    SmallModel.deep(levels.get(i))
                        .step(
                            SmallModel.memories(state, i), List.of(g), generated.momentum().get(i));
                Tensor d = moved.directions().getFirst();
                Tensor polyak = state.loss().times(2).div(Tree.norm(gradient));
                Tensor rate = generated.step().get(i).times(polyak).div(d.square().sum().sqrt());
                written.add(params.get(i).minus(d.times(rate)));
              }
              Tensor loss = next.apply(Tree.withLeaves(state.params(), written));
              return loss.plus(flow.fast().get(0).get(0).exp()).sqrt();
            },
            state.generator().params());
    assertRelative(1e-9, expected, metaGradient(optimizer, state));
  }

  @Test
  void metaGradientsAreSummedUntilTheGeneratorIsWritten() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, SmallModel.levels(1, 2, 3));
    var states = SmallModel.states(optimizer, after(optimizer, 3), 3);
    StepGenerator sum = Tree.map(states.getFirst().metaGradient(), Tensor::zerosLike);
    for (int t = 0; t < 3; t++) {
      State<SmallModel> alone = SmallModel.uncollected(states.get(t));
      sum = Tree.zip(sum, metaGradient(optimizer, alone), Tensor::plus);
      TALLY.sameBits(sum, states.get(t + 1).metaGradient());
    }
  }

  private static List<Level> withStopped(int stopped) {
    List<Level> levels = new ArrayList<>(SmallModel.levels(1, 1, 1));
    levels.set(stopped, levels.get(stopped).stopped());
    return levels;
  }

  @Test
  void stoppedLevelsGiveTheGeneratorExactlyNothing() {
    for (int stopped = 0; stopped < 3; stopped++) {
      MetaOptimizer optimizer = SmallModel.optimizer(0, withStopped(stopped));
      StepGenerator g = metaGradient(optimizer, after(optimizer, 3));
      for (int i = 0; i < 3; i++) {
        TALLY.equal(i == stopped, g.step().get(i).item() == 0);
        TALLY.equal(i == stopped, g.momentum().get(i).item() == 0);
      }
    }
  }

  @Test
  void stoppedLevelsAreWrittenAsOthers() {
    MetaOptimizer through = SmallModel.optimizer(0, SmallModel.levels(1, 1, 1));
    MetaOptimizer stopped =
        SmallModel.optimizer(0, SmallModel.levels(1, 1, 1).stream().map(Level::stopped).toList());
    State<SmallModel> state = after(through, 3);
    var expected = SmallModel.step(through, state, SmallModel.loss(4));
    var given = SmallModel.step(stopped, state, SmallModel.loss(4));
    TALLY.sameBits(expected.next().params(), given.next().params());
    TALLY.equal(expected.metaLoss(), given.metaLoss());
    TALLY.equal(0.0, given.metaGradNorm());
    TALLY.one(expected.metaGradNorm() > 0, "no meta-gradient");
  }
}
