package nestor.examples.quickstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.hope.HopeModel;
import nestor.meta.DeepMomentumGradientDescent;
import nestor.meta.GradientMemory;
import nestor.meta.LevelState;
import nestor.train.Mode;
import nestor.train.Run;
import org.junit.jupiter.api.Test;

/// The original program's dead ends, none of which may come back: a rate at its bound, deep
/// momentum and Newton–Schulz beside the path, frequencies without effect, mixed samples, unreached
/// parameters.
class DeadEndsTest {
  private static final int STEPS = 230;

  /// A training with its figures and the parameters after each step.
  private record Trial(
      Quickstart trained, List<Map<String, Double>> figures, List<HopeModel<?>> at) {}

  private static Trial trial(Mechanism off, int steps) {
    Config d = Config.DEFAULT;
    Config config =
        new Config(
            steps,
            8,
            2,
            0,
            off,
            d.learner(),
            d.memory(),
            d.trunk(),
            d.optimizer(),
            d.adamwRate(),
            DType.FLOAT64);
    List<Map<String, Double>> figures = new ArrayList<>();
    List<HopeModel<?>> at = new ArrayList<>();
    Quickstart trained =
        Quickstart.train(
            config,
            new Run.Setup(config, 5, Backend.named("cpu"), Mode.COMPILED),
            (i, step) -> {
              figures.add(step.figures());
              at.add(Tree.map(step.next().model(), DeadEndsTest::copy));
            });
    return new Trial(trained, figures, at);
  }

  /// The next step consumes the parameters.
  private static Tensor copy(Tensor leaf) {
    return Tensor.of(leaf.shape(), leaf.toDoubles());
  }

  private static NestedLearner learner(Trial trial) {
    return (NestedLearner) trial.trained.learner();
  }

  @Test
  void theRateMovesAndItsGradientIsNotZero() {
    Trial trial = trial(Mechanism.NONE, STEPS);
    for (String level : List.of("trunk", "memory", "cms-1", "cms-10", "cms-100")) {
      Set<Double> rates = new HashSet<>();
      Set<Double> momenta = new HashSet<>();
      trial.figures.stream()
          .filter(f -> f.containsKey("lr." + level))
          .forEach(f -> {
            rates.add(f.get("lr." + level));
            momenta.add(f.get("momentum." + level));
          });
      long writes = trial.figures.getLast().get("writes." + level).longValue();
      assertEquals(writes, rates.size(), "rates of " + level);
      assertEquals(writes, momenta.size(), "momenta of " + level);
      momenta.forEach(m -> assertTrue(m > 0 && m < 1, level));
    }
    assertTrue(trial.figures.stream().allMatch(f -> f.get("metaGradNorm") > 0));
    var began = learner(trial(Mechanism.META_LEARNING, 0)).state().generator().params();
    Map<String, Tensor> now = Tree.toMap(learner(trial).state().generator().params());
    Tree.toMap(began)
        .forEach((path, start) -> {
          double[] before = start.toDoubles();
          double[] after = now.get(path).toDoubles();
          for (int i = 0; i < before.length; i++) {
            assertNotEquals(before[i], after[i], path + " at " + i);
          }
        });
  }

  @Test
  void deepMomentumAndNewtonSchulzAreInThePath() {
    Trial whole = trial(Mechanism.NONE, 5);
    List<LevelState> memories = learner(whole).state().memories();
    // The trunk has another optimizer, and the slow levels have not written yet.
    for (LevelState level : memories.subList(1, 3)) {
      var state = (DeepMomentumGradientDescent.State<?>) level.course().state();
      for (GradientMemory memory : state.memories().memories().values()) {
        GradientMemory.Deep deep = (GradientMemory.Deep) memory;
        assertNotEquals(0, Tree.norm(deep.out()).item());
      }
    }
    for (Mechanism off : List.of(Mechanism.DEEP_MOMENTUM, Mechanism.NEWTON_SCHULZ)) {
      Tree.toMap(moves(whole, trial(off, 5)))
          .forEach((path, difference) -> {
            boolean slow = path.contains("cms.blocks.1") || path.contains("cms.blocks.2");
            if (!slow) { // which have not written yet
              assertNotEquals(0, Tree.norm(difference).item(), off + " leaves " + path);
            }
          });
    }
  }

  private static HopeModel<?> moves(Trial a, Trial b) {
    return Tree.zip(a.at.getLast(), b.at.getLast(), Tensor::minus);
  }

  @Test
  void eachLevelWritesExactlyWhenItsPeriodIsOver() {
    Trial trial = trial(Mechanism.NONE, STEPS);
    Map<Integer, String> periods = Map.of(1, "cms-1", 10, "cms-10", 100, "cms-100");
    periods.forEach((period, level) -> {
      double writes = trial.figures.getLast().get("writes." + level);
      assertEquals(Math.floorDiv(STEPS, period), writes, level);
    });
    List<Integer> blocks = List.of(1, 10, 100);
    for (int step = 1; step < STEPS; step++) {
      for (int block = 0; block < 3; block++) {
        boolean writes = (step + 1) % blocks.get(block) == 0;
        List<double[]> before = block(trial.at.get(step - 1), block);
        List<double[]> after = block(trial.at.get(step), block);
        boolean same = true;
        for (int leaf = 0; leaf < before.size(); leaf++) {
          same &= Arrays.equals(before.get(leaf), after.get(leaf));
        }
        assertEquals(writes, !same, "block " + block + " at step " + (step + 1));
      }
    }
  }

  private static List<double[]> block(HopeModel<?> model, int block) {
    return model.layers().stream()
        .flatMap(layer -> Tree.leaves(layer.cms().blocks().get(block)).stream())
        .map(Tensor::toDoubles)
        .toList();
  }

  @Test
  void samplesDoNotMix() {
    HopeModel<?> model = trial(Mechanism.NONE, 30).trained.learner().model();
    Tensor x = Key.of(1).normal(DType.FLOAT64, 6, 4);
    double[] together = Quickstart.predict(model, x).toDoubles();
    for (int i = 0; i < together.length; i++) {
      double alone = Quickstart.predict(model, x.slice(0, i, i + 1)).item();
      assertEquals(alone, together[i], 1e-12 * Math.max(1, Math.abs(alone)), "sample " + i);
    }
    double[] again = Quickstart.predict(model, x).toDoubles();
    assertArrayEquals(together, again, "a prediction changes nothing");
  }

  @Test
  void everyParameterIsReachedAndMoves() {
    Trial trial = trial(Mechanism.NONE, STEPS);
    HopeModel<?> model = trial.trained.learner().model();
    var test = trial.trained.test();
    HopeModel<?> gradient = Transform.grad(m -> Quickstart.loss(m, test), model);
    Map<String, Tensor> began = Tree.toMap(trial.trained.initial());
    Map<String, Tensor> now = Tree.toMap(model);
    Tree.toMap(gradient)
        .forEach((path, g) -> {
          assertNotEquals(0, Tree.norm(g).item(), "the gradient of " + path);
          double moved = Tree.norm(now.get(path).minus(began.get(path))).item();
          assertNotEquals(0, moved, path + " has not moved");
        });
  }
}
