package nestor.meta;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.autodiff.Transform;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import nestor.meta.SmallModel.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [Training] gives the same, compiled or not.
class TrainingTest {
  private static final Tally TALLY =
      new Tally("compiled steps of nested learners against eager ones");
  private static final int STEPS = 150;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static State<SmallModel> start(Training<SmallModel, Sample> training) {
    return SmallModel.withHead(
        training.start(SmallModel.KEY.fold("start"), SmallModel.create(), SmallModel.sample(0)));
  }

  /// Each step from the same state: only roundings of sums in another order are left.
  @Test
  void compiledStepsAreEagerSteps() {
    List<Integer> firings = new ArrayList<>();
    for (int[] periods : new int[][] {{1, 2, 3}, {2, 4, 6}, {1, 1, 1}}) {
      List<Level> levels = SmallModel.levels(periods[0], periods[1], periods[2]);
      MetaOptimizer optimizer = SmallModel.optimizer(2, levels);
      var eager = Training.eager(optimizer, SmallModel::error);
      var compiled = Training.compiled(optimizer, SmallModel::error);
      State<SmallModel> now = start(eager);
      Set<Firing> seen = new HashSet<>();
      for (int t = 1; t <= STEPS; t++) {
        var expected = eager.step(now, SmallModel.sample(t));
        var given = compiled.step(Transform.stopGradient(now), SmallModel.sample(t));
        TALLY.near(1e-13, expected.next(), given.next());
        assertNear(expected, given);
        seen.add(optimizer.firing(t));
        now = expected.next();
      }
      firings.add(seen.size());
    }
    TALLY.equal(List.of(4, 5, 2), firings);
  }

  private static void assertNear(
      Training.Step<SmallModel> expected, Training.Step<SmallModel> given) {
    TALLY.near(1e-13, figures(expected), figures(given));
    for (int i = 0; i < expected.levels().size(); i++) {
      TALLY.equal(expected.levels().get(i).turn(), given.levels().get(i).turn());
      TALLY.equal(expected.levels().get(i).writes(), given.levels().get(i).writes());
    }
  }

  private static Tensor figures(Training.Step<SmallModel> step) {
    return Tensor.of(
        DoubleStream.concat(
                DoubleStream.of(step.loss(), step.metaLoss(), step.metaGradNorm()),
                step.levels().stream()
                    .flatMapToDouble(
                        level -> DoubleStream.of(level.rate(), level.momentum(), level.gradNorm())))
            .toArray());
  }

  @Test
  void wholeTrainingsStayTogether() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(1, 2, 3));
    var eager = Training.eager(optimizer, SmallModel::error);
    var compiled = Training.compiled(optimizer, SmallModel::error);
    State<SmallModel> expected = start(eager);
    State<SmallModel> given = start(compiled);
    for (int t = 1; t <= STEPS; t++) {
      expected = eager.step(expected, SmallModel.sample(t)).next();
      given = compiled.step(given, SmallModel.sample(t)).next();
    }
    TALLY.near(1e-9, expected, given);
  }

  @Test
  void compiledStepsConsumeTheirState() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(1, 2, 3));
    var compiled = Training.compiled(optimizer, SmallModel::error);
    SmallModel model = SmallModel.create();
    State<SmallModel> first = compiled.start(SmallModel.KEY, model, SmallModel.sample(0));
    compiled.step(first, SmallModel.sample(1));
    TALLY.sameBits(SmallModel.create(), model);
    var used =
        assertThrows(TensorException.class, () -> compiled.step(first, SmallModel.sample(2)));
    TALLY.one(used.getMessage().contains("donated"), used.getMessage());
  }
}
