package nestor.train.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nestor.train.Experiment;
import nestor.train.Explanation;
import nestor.train.Explanation.Mark;
import nestor.train.Mode;
import nestor.train.Run;
import nestor.train.Settings;
import nestor.train.conformance.Subjects;
import org.junit.jupiter.api.Test;

/// `./nestor explain` prints levels and paths with their marks, or one sentence.
final class ExplainCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  record Config(int steps, boolean nested) {}

  /// With levels, unless it is set to have none.
  private record Explained(String name) implements Experiment {
    @Override
    public String summary() {
      return "has levels";
    }

    @Override
    public Duration expected() {
      return Duration.ofSeconds(1);
    }

    @Override
    public Settings settings() {
      return Settings.of(new Config(7, true));
    }

    @Override
    public Optional<Explanation> explain(Run.Setup setup) {
      Config config = (Config) setup.settings();
      assertEquals(Mode.COMPILED, setup.mode());
      return config.nested()
          ? Optional.of(
              new Explanation(
                  "level fast\nlevel slow",
                  "step " + config.steps() + " of seed " + setup.seed(),
                  List.of(
                      path("rate", "fast", 0.0125, Mark.OPEN, ""),
                      path("rate", "slow", 0, Mark.SEVERED, "declared"),
                      path("rate", "memory before", 3e4, Mark.TRUNCATED, "cut"),
                      path("momentum", "fast", 1e-9, Mark.SATURATED, "flat"),
                      path("momentum", "slow", 0, Mark.WAITING, "later"))))
          : Optional.empty();
    }

    private static Explanation.Path path(
        String parameter, String through, double strength, Mark mark, String why) {
      return new Explanation.Path(parameter, through, strength, mark, why);
    }

    @Override
    public Map<String, Double> run(Run run) {
      return Map.of();
    }
  }

  /// Without levels.
  private record Plain(String name) implements Experiment {
    @Override
    public String summary() {
      return "has no levels";
    }

    @Override
    public Duration expected() {
      return Duration.ofSeconds(1);
    }

    @Override
    public Map<String, Double> run(Run run) {
      return Map.of();
    }
  }

  private int nestor(String... arguments) {
    out.reset();
    err.reset();
    Surroundings surroundings =
        new Surroundings(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            List.of(new Explained("explained"), new Plain("plain")),
            new Subjects(List.of(), List.of()),
            List.of());
    return new Nestor(surroundings).run(arguments);
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
  }

  @Test
  void levelsPathsMarksAndALegendAreAligned() {
    assertEquals(0, nestor("explain", "explained"));
    assertEquals(
        """
        level fast
        level slow

        Paths from the meta-loss to what is meta-learned, at step 7 of seed 0
          to        through        strength  mark       why
          rate      fast           1.25e-02
          rate      slow                  0  severed    declared
          rate      memory before  3.00e+04  truncated  cut
          momentum  fast           1.00e-09  saturated  flat
          momentum  slow                  0  waiting    later

          strength   the norm of the meta-gradient along this path alone
          severed    no gradient comes along: by declaration, or exactly 0
          truncated  cut where the window of the meta-loss begins; strength is that at the cut
          saturated  a squashing function on it is too flat to let much pass
          waiting    its level does not write at the steps that were measured

        5 paths: 1 open, 1 severed, 1 truncated, 1 saturated, 1 waiting
        """,
        printed());
  }

  @Test
  void seedAndSettingsReachTheExperiment() {
    assertEquals(0, nestor("explain", "explained", "--seed", "3", "--set", "steps=9"));
    assertTrue(printed().contains("at step 9 of seed 3"), printed());
  }

  private void fails(String sentence, String... arguments) {
    int status = nestor(arguments);
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains(sentence), said);
    assertEquals(1, said.lines().count(), said);
    assertEquals(2, status);
    assertEquals("", printed());
  }

  @Test
  void whatCannotBeExplainedIsOneSentence() {
    fails("there is no experiment 'explaind'; did you mean explained?", "explain", "explaind");
    fails(
        "the experiment 'plain' declares no levels, so there is nothing to explain",
        "explain",
        "plain");
    fails(
        "the experiment 'explained' declares no levels with these settings",
        "explain",
        "explained",
        "--set",
        "nested=false");
    fails("explain needs a NAME", "explain");
    fails("there is no setting 'step'", "explain", "explained", "--set", "step=1");
    fails("backend", "explain", "explained", "--backend", "gpu");
  }

  @Test
  void helpShowsTheCommand() {
    assertEquals(0, nestor("explain", "--help"));
    assertTrue(printed().contains("severed, truncated and"), printed());
    assertEquals(0, nestor("--help"));
    assertTrue(printed().lines().anyMatch(line -> line.strip().startsWith("explain ")), printed());
  }
}
