package nestor.examples.quickstart;

import static nestor.examples.quickstart.LayerMemory.GATED_DELTA;
import static nestor.examples.quickstart.LevelOptimizer.DEEP_MOMENTUM;
import static nestor.examples.quickstart.LevelOptimizer.MOMENTUM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.examples.quickstart.Config.Kind;
import nestor.train.Experiment;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.Progress;
import nestor.train.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The quickstart learns, from its settings and its seed alone.
class QuickstartTest {
  @TempDir Path root;

  private static Config config(int steps, Mechanism off, Kind learner) {
    return new Config(
        steps, 32, 2, 0, off, learner, GATED_DELTA, MOMENTUM, DEEP_MOMENTUM, 1e-3, DType.FLOAT32);
  }

  private static Run.Setup setup(Record config, long seed) {
    return new Run.Setup(config, seed, Backend.named("cpu"), Mode.COMPILED);
  }

  private Map<String, Double> run(Experiment experiment, Record settings) throws IOException {
    Path folder = Files.createTempDirectory(root, "run");
    PrintStream silence = new PrintStream(OutputStream.nullOutputStream());
    try (Run run = Run.in(folder, setup(settings, 3), silence, Progress.silent())) {
      return experiment.run(run);
    }
  }

  @Test
  void oneHundredSamplesAreEnough() {
    for (long seed : new long[] {0, 1, 2}) {
      Config config = config(100, Mechanism.NONE, Kind.NESTED);
      double loss = Quickstart.train(config, setup(config, seed), (i, step) -> {}).testLoss();
      assertTrue(loss <= QuickstartExperiment.ACCEPTED, "seed " + seed + ": " + loss);
    }
  }

  @Test
  void everyMechanismCanBeTurnedOffAndChangesTheCourse() {
    Config whole = config(12, Mechanism.NONE, Kind.NESTED);
    double with = Quickstart.train(whole, setup(whole, 0), (i, step) -> {}).testLoss();
    for (Mechanism off : Mechanism.values()) {
      Config config = config(12, off, Kind.NESTED);
      double without = Quickstart.train(config, setup(config, 0), (i, step) -> {}).testLoss();
      assertTrue(Double.isFinite(without), off.toString());
      if (off != Mechanism.NONE) {
        assertNotEquals(with, without, off.toString());
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameFigures() throws IOException {
    Config config = config(15, Mechanism.NONE, Kind.NESTED);
    assertEquals(run(new QuickstartExperiment(), config), run(new QuickstartExperiment(), config));
  }

  /// In float64, where roundings stay small; 110 steps write every level.
  @Test
  void compiledTrainingsAreEagerOnes() {
    for (Kind kind : List.of(Kind.NESTED, Kind.ADAMW)) {
      Config config =
          new Config(
              110,
              8,
              2,
              30,
              Mechanism.NONE,
              kind,
              GATED_DELTA,
              MOMENTUM,
              DEEP_MOMENTUM,
              1e-3,
              DType.FLOAT64);
      List<Map<String, Double>> eager = figures(config, Mode.EAGER);
      List<Map<String, Double>> compiled = figures(config, Mode.COMPILED);
      for (int i = 0; i < config.steps(); i++) {
        assertEquals(eager.get(i).keySet(), compiled.get(i).keySet());
        for (String name : eager.get(i).keySet()) {
          double expected = eager.get(i).get(name);
          double bound = 1e-8 * Math.max(1e-3, Math.abs(expected));
          assertEquals(expected, compiled.get(i).get(name), bound, name + " of step " + i);
        }
      }
    }
  }

  private static List<Map<String, Double>> figures(Config config, Mode mode) {
    List<Map<String, Double>> figures = new ArrayList<>();
    Run.Setup setup = new Run.Setup(config, 4, Backend.named("cpu"), mode);
    Quickstart.train(config, setup, (i, step) -> figures.add(step.figures()));
    return figures;
  }

  @Test
  void noStepsAreNoTraining() throws IOException {
    double untrained =
        run(new QuickstartExperiment(), config(0, Mechanism.NONE, Kind.NESTED)).get("testLoss");
    double trained =
        run(new QuickstartExperiment(), config(60, Mechanism.NONE, Kind.NESTED)).get("testLoss");
    assertTrue(untrained > 100 * trained, untrained + " against " + trained);
  }

  @Test
  void adamwLearnsTheSameProblem() {
    Config config = config(300, Mechanism.NONE, Kind.ADAMW);
    double loss = Quickstart.train(config, setup(config, 0), (i, step) -> {}).testLoss();
    assertTrue(loss < 0.5, "test loss " + loss);
  }

  @Test
  void driftChangesTheTargetOnlyWhereItShould() {
    SumStream still = SumStream.of(nestor.autodiff.Key.of(2), DType.FLOAT64, 0);
    SumStream drifting = SumStream.of(nestor.autodiff.Key.of(2), DType.FLOAT64, 5);
    for (long i = 0; i < 10; i++) {
      assertEquals(
          List.of(still.at(i).sample().x().toString()),
          List.of(drifting.at(i).sample().x().toString()));
      boolean same = still.at(i).sample().y().item() == drifting.at(i).sample().y().item();
      assertEquals(i < 5, same, "sample " + i);
      assertEquals(i >= 5, drifting.changed(i));
    }
  }

  @Test
  void theDriftExperimentRanksNestedBeforeAdamW() throws IOException {
    var sizes = new DriftExperiment.Sizes(2, 300, 60, 40, List.of(3e-4, 1e-3, 3e-3));
    Map<String, Double> metrics = run(new DriftExperiment(), sizes);
    assertTrue(metrics.get("ratio") > 1.3, metrics.toString());
    assertTrue(List.of(3e-4, 1e-3, 3e-3).contains(metrics.get("adamwRate")));
  }

  @Test
  void theAblationExperimentNamesEveryMechanism() throws IOException {
    var metrics = run(new AblationExperiment(), new AblationExperiment.Sizes(2, 10, 5));
    for (Mechanism off : Mechanism.values()) {
      assertTrue(metrics.get("testLoss." + off) > 0, off.toString());
    }
  }

  @Test
  void wrongSettingsAreSentences() {
    var negative =
        assertThrows(IllegalArgumentException.class, () -> config(-1, Mechanism.NONE, Kind.NESTED));
    assertEquals("steps must be at least 0, not -1", negative.getMessage());
    assertThrows(IllegalArgumentException.class, () -> config(5, Mechanism.CMS, Kind.ADAMW));
    assertThrows(IllegalArgumentException.class, () -> new AblationExperiment.Sizes(1, 5, 6));
  }

  @Test
  void aTrainingThatDivergesFails() {
    Config wild =
        new Config(
            200,
            32,
            2,
            0,
            Mechanism.NONE,
            Kind.ADAMW,
            GATED_DELTA,
            MOMENTUM,
            DEEP_MOMENTUM,
            1e6,
            DType.FLOAT32);
    var failure = assertThrows(Failure.class, () -> run(new QuickstartExperiment(), wild));
    assertTrue(failure.getMessage().contains("diverged"), failure.getMessage());
  }

  /// Where all levels start alike, with steps far too small, the meta-optimizer has most to learn.
  @Test
  void metaLearningMendsAnUntunedStartUnderDrift() {
    double[] sums = new double[2];
    for (long seed : new long[] {0, 1}) {
      for (Mechanism off : List.of(Mechanism.NONE, Mechanism.META_LEARNING)) {
        Config config =
            new Config(
                600,
                32,
                2,
                100,
                off,
                Kind.NESTED_UNTUNED,
                GATED_DELTA,
                MOMENTUM,
                DEEP_MOMENTUM,
                1e-3,
                DType.FLOAT32);
        Quickstart.train(
            config,
            setup(config, seed),
            (i, step) -> sums[off == Mechanism.NONE ? 0 : 1] += step.next().loss());
      }
    }
    assertTrue(sums[0] < 0.9 * sums[1], sums[0] + " against " + sums[1]);
  }

  @Test
  void anyOptimizerWritesTheLevels() {
    for (LevelOptimizer by : LevelOptimizer.values()) {
      Config config =
          new Config(
              120, 16, 1, 0, Mechanism.NONE, Kind.NESTED, GATED_DELTA, by, by, 1e-3, DType.FLOAT32);
      double[] sums = new double[2]; // the first and the last 20 samples
      Quickstart.train(
          config,
          setup(config, 2),
          (i, step) -> {
            if (i < 20 || i >= 100) {
              sums[i < 20 ? 0 : 1] += step.next().loss();
            }
          });
      assertTrue(sums[1] < 0.2 * sums[0], by + ": " + sums[0] + " to " + sums[1]);
    }
  }
}
