package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The clocks of [MetaOptimizer]: each level, and the generator, is written at multiples of its
/// period and at no other step.
class MetaOptimizerCadenceTest {
  private static final Tally TALLY = new Tally("when levels and their generator are written");
  private static final int STEPS = 50;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  @Test
  void levelsAreWrittenAtMultiplesOfTheirPeriods() {
    for (int[] periods : new int[][] {{1, 2, 3}, {7, 1, 2}, {3, 7, 51}}) {
      List<Level> levels = SmallModel.levels(periods[0], periods[1], periods[2]);
      MetaOptimizer optimizer = SmallModel.optimizer(1, levels);
      State<SmallModel> state = SmallModel.start(optimizer);
      for (int t = 1; t <= STEPS; t++) {
        var step = SmallModel.step(optimizer, state, SmallModel.loss(t));
        for (int i = 0; i < periods.length; i++) {
          Tensor before = Tree.leaves(state.params()).get(i);
          Tensor after = Tree.leaves(step.next().params()).get(i);
          boolean due = t % periods[i] == 0;
          assertWritten(due, before, after);
          assertWritten(
              due, state.memories().get(i).course(), step.next().memories().get(i).course());
          var figures = step.levels().get(i);
          TALLY.equal(due ? Firing.Turn.WRITES : Firing.Turn.WAITS, figures.turn());
          TALLY.equal((long) (t / periods[i]), figures.writes());
          TALLY.one(due == figures.rate() > 0, "a rate where there is no write");
        }
        state = step.next();
      }
      TALLY.equal((long) STEPS, SmallModel.number(state));
    }
  }

  private static void assertWritten(boolean due, Object before, Object after) {
    if (due) {
      TALLY.otherBits(before, after);
    } else {
      TALLY.sameBits(before, after);
    }
  }

  @Test
  void stepsAtWhichNoLevelWritesOnlyCollect() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(2, 4, 6));
    State<SmallModel> now = SmallModel.start(optimizer);
    for (int t = 1; t <= 13; t++) {
      var step = SmallModel.step(optimizer, now, SmallModel.loss(t));
      if (t % 2 != 0) {
        TALLY.sameBits(now.params(), step.next().params());
        TALLY.equal(0.0, step.metaGradNorm());
        var sums = step.next().memories().getFirst().gradients();
        TALLY.sameBits(List.of(now.gradient().in()), sums);
      }
      TALLY.finite(step.next());
      now = step.next();
    }
  }

  @Test
  void aGeneratorOfPeriodZeroStaysAsItWas() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, SmallModel.levels(1, 2, 3));
    var states = SmallModel.states(optimizer, SmallModel.start(optimizer), 10);
    for (var state : states) {
      TALLY.sameBits(states.getFirst().generator(), state.generator());
    }
    TALLY.one(Tree.norm(states.getLast().metaGradient()).item() > 0, "nothing was collected");
  }

  /// The mean over 4 steps, added up in the order of the steps.
  @Test
  void aGeneratorIsWrittenAtMultiplesOfItsPeriodFromTheMean() {
    int period = 4;
    MetaOptimizer optimizer = SmallModel.optimizer(period, SmallModel.levels(1, 2, 3));
    MetaOptimizer each = SmallModel.optimizer(0, SmallModel.levels(1, 2, 3));
    State<SmallModel> now = SmallModel.withHead(SmallModel.start(optimizer));
    StepGenerator zero = Tree.map(now.metaGradient(), Tensor::zerosLike);
    List<StepGenerator> collected = new ArrayList<>();
    for (int t = 1; t <= 13; t++) {
      State<SmallModel> alone = SmallModel.uncollected(now);
      collected.add(SmallModel.step(each, alone, SmallModel.loss(t)).next().metaGradient());
      State<SmallModel> next = SmallModel.step(optimizer, now, SmallModel.loss(t)).next();
      if (t % period == 0) {
        StepGenerator sum = collected.stream().reduce(zero, (a, b) -> Tree.zip(a, b, Tensor::plus));
        StepGenerator mean = Tree.map(sum, g -> g.div(period));
        TALLY.near(1e-15, optimizer.adam().next(now.generator(), mean), next.generator());
        TALLY.otherBits(now.generator(), next.generator());
        TALLY.sameBits(zero, next.metaGradient());
        collected.clear();
      } else {
        TALLY.sameBits(now.generator(), next.generator());
      }
      now = next;
    }
  }

  @Test
  void equalRunsGiveEqualBits() {
    MetaOptimizer optimizer = SmallModel.optimizer(2, SmallModel.levels(1, 2, 3));
    var once = SmallModel.states(optimizer, SmallModel.start(optimizer), 12);
    var again = SmallModel.states(optimizer, SmallModel.start(optimizer), 12);
    for (int t = 0; t < once.size(); t++) {
      TALLY.sameBits(once.get(t), again.get(t));
    }
  }

  @Test
  void stepsLeaveTheStateThatTheyAreGivenUnchanged() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(1, 2, 1));
    State<SmallModel> state = SmallModel.start(optimizer);
    var first = SmallModel.step(optimizer, state, SmallModel.loss(1));
    TALLY.sameBits(first.next(), SmallModel.step(optimizer, state, SmallModel.loss(1)).next());
    TALLY.sameBits(SmallModel.start(optimizer), state);
  }
}
