package nestor.examples.quickstart;

import static nestor.examples.quickstart.LayerMemory.GATED_DELTA;
import static nestor.examples.quickstart.LevelOptimizer.DEEP_MOMENTUM;
import static nestor.examples.quickstart.LevelOptimizer.MOMENTUM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.examples.quickstart.Config.Kind;
import nestor.train.Explanation;
import nestor.train.Explanation.Mark;
import nestor.train.Explanation.Path;
import nestor.train.Mode;
import nestor.train.Run;
import org.junit.jupiter.api.Test;

/// What `./nestor explain quickstart` says of the levels and the paths of their meta-gradient.
class QuickstartPathsTest {
  private static Explanation explain(int steps, Mechanism off) {
    Config config =
        new Config(
            steps,
            8,
            2,
            0,
            off,
            Kind.NESTED,
            GATED_DELTA,
            MOMENTUM,
            DEEP_MOMENTUM,
            1e-3,
            DType.FLOAT64);
    Run.Setup setup = new Run.Setup(config, 1, Backend.named("cpu"), Mode.COMPILED);
    return new QuickstartExperiment().explain(setup).orElseThrow();
  }

  private static List<Path> marked(Explanation explanation, Mark mark) {
    return explanation.paths().stream().filter(path -> path.mark() == mark).toList();
  }

  @Test
  void atStep100EveryLevelsWriteHasItsPathToEveryParameterOfTheGenerator() {
    Explanation explanation = explain(2000, Mechanism.NONE);
    assertEquals("step 100", explanation.measured());
    assertTrue(explanation.levels().contains("cms-100"), explanation.levels());
    List<String> levels = List.of("trunk", "memory", "cms-1", "cms-10", "cms-100");
    for (String level : levels) {
      for (String to : List.of("hidden.weight", "hidden.bias", "head", "step." + level)) {
        String through = "rate of " + level + " at step 100";
        Path path =
            explanation.paths().stream()
                .filter(p -> p.parameter().equals(to) && p.through().equals(through))
                .findFirst()
                .orElseThrow();
        assertEquals(Mark.OPEN, path.mark(), path.toString());
        assertTrue(path.strength() > 0, path.toString());
      }
    }
    assertEquals(
        3 * (5 + 5 + 1) + 5 + 5 + 1,
        explanation.paths().size() - marked(explanation, Mark.TRUNCATED).size());
    assertTrue(marked(explanation, Mark.SATURATED).isEmpty(), explanation.toString());
    assertTrue(marked(explanation, Mark.WAITING).isEmpty(), explanation.toString());
    // Parameters, memory and gradients of five levels and the flow, but what cms-100 has not
    // written.
    assertEquals(14, marked(explanation, Mark.TRUNCATED).size());
  }

  /// The first write of a memory goes along what it was just shown, whatever its momentum.
  @Test
  void theFirstWriteOfTheSlowestLevelHasNoMomentumToSpeakOf() {
    List<Path> severed = marked(explain(2000, Mechanism.NONE), Mark.SEVERED);
    assertFalse(severed.isEmpty());
    for (Path path : severed) {
      assertEquals("momentum of cms-100 at step 100", path.through());
      assertTrue(path.why().startsWith("0 but for roundings"), path.why());
    }
  }

  @Test
  void aShortTrainingIsExplainedAtItsLastStep() {
    Explanation explanation = explain(5, Mechanism.NONE);
    assertEquals("step 5", explanation.measured());
    assertEquals(
        new TreeSet<>(List.of("cms-10", "cms-100")),
        marked(explanation, Mark.WAITING).stream()
            .map(path -> path.through().substring(path.through().lastIndexOf(' ') + 1))
            .collect(Collectors.toCollection(TreeSet::new)));
    assertTrue(
        marked(explanation, Mark.WAITING).getFirst().why().contains("next at step 10"),
        explanation.toString());
  }

  /// A generator that is never written keeps its head of 0, which lets nothing through to the rest.
  @Test
  void withoutMetaLearningTheHiddenLayerIsSevered() {
    Explanation explanation = explain(10, Mechanism.META_LEARNING);
    List<Path> hidden =
        explanation.paths().stream()
            .filter(path -> path.parameter().startsWith("hidden"))
            .filter(path -> path.mark() != Mark.WAITING)
            .toList();
    assertFalse(hidden.isEmpty());
    for (Path path : hidden) {
      assertEquals(Mark.SEVERED, path.mark());
      assertEquals("the head is 0, as it starts", path.why());
    }
  }

  @Test
  void anotherLearnerHasNoLevelsToExplain() {
    Config adamw = Config.DEFAULT.with(Kind.ADAMW);
    Run.Setup setup = new Run.Setup(adamw, 1, Backend.named("cpu"), Mode.COMPILED);
    assertTrue(new QuickstartExperiment().explain(setup).isEmpty());
    Run.Setup sweep =
        new Run.Setup(
            new AblationExperiment.Sizes(1, 1, 1), 1, Backend.named("cpu"), Mode.COMPILED);
    assertTrue(new AblationExperiment().explain(sweep).isEmpty());
  }
}
