package nestor.train.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.train.Experiment;
import nestor.train.Failure;
import nestor.train.Run;
import nestor.train.Settings;
import nestor.train.conformance.Subjects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user types gives results, or one sentence with the fix and a status that is not 0.
final class CommandLineTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  enum Schedule {
    CONSTANT,
    COSINE
  }

  record Optimizer(double rate, Schedule schedule) {
    Optimizer {
      if (rate <= 0) {
        throw new IllegalArgumentException("optimizer.rate must be positive, not " + rate);
      }
    }
  }

  record Config(
      int steps,
      long samples,
      boolean warm,
      String text,
      List<Integer> sizes,
      Optimizer optimizer) {}

  /// Minimizes x² for some steps.
  private static final class Descent implements Experiment {
    @Override
    public String name() {
      return "descent";
    }

    @Override
    public String summary() {
      return "goes downhill";
    }

    @Override
    public Duration expected() {
      return Duration.ofSeconds(3);
    }

    @Override
    public Settings settings() {
      return Settings.of(
              new Config(4, 10, false, "a", List.of(2, 3), new Optimizer(0.25, Schedule.CONSTANT)))
          .with("steps", "how many steps");
    }

    @Override
    public Map<String, Double> run(Run run) {
      Config config = run.settings(Config.class);
      Tensor x = Tensor.of(1.0 + run.seed()).on(run.backend());
      for (int step = 0; step < config.steps(); step++) {
        x = x.minus(x.times(2 * config.optimizer().rate()));
        run.metrics(step, Map.of("x", x.item()));
        run.progress(step + 1, config.steps(), "");
      }
      if (config.text().equals("fail")) {
        throw new Failure("it was asked to fail");
      }
      run.out().println("went down");
      return Map.of("x", x.item());
    }
  }

  private int nestor(String... arguments) {
    out.reset();
    err.reset();
    Surroundings surroundings =
        new Surroundings(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            List.of(new Descent()),
            new Subjects(List.of(), List.of()),
            List.of());
    return new Nestor(surroundings).run(arguments);
  }

  private void fails(String sentence, String... arguments) {
    int status = nestor(arguments);
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains(sentence), said);
    assertEquals(1, said.lines().filter(line -> line.startsWith("nestor: ")).count(), said);
    assertTrue(status != 0);
  }

  private JsonNode json(Path file) throws IOException {
    return JSON.readTree(Files.readString(file));
  }

  private Path target() {
    return folder.resolve("run");
  }

  @Test
  void aRunWritesWhatItFoundAndHowToRepeatIt() throws IOException {
    assertEquals(
        0,
        nestor(
            "run",
            "descent",
            "--seed=7",
            "--set",
            "steps=3",
            "--set",
            "optimizer.schedule=COSINE",
            "--set",
            "sizes=[5]",
            "--out",
            target().toString()),
        err.toString(StandardCharsets.UTF_8));
    assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("went down\nx 1.0\n"));
    assertEquals(
        JSON.readTree("{\"experiment\":\"descent\",\"seed\":7,\"metrics\":{\"x\":1.0}}"),
        json(target().resolve("result.json")));
    JsonNode settings = json(target().resolve("config.json")).path("settings");
    assertEquals(3, settings.path("steps").asInt());
    assertEquals("COSINE", settings.path("optimizer").path("schedule").asText());
    assertEquals("[5]", settings.path("sizes").toString());
    JsonNode manifest = json(target().resolve("manifest.json"));
    assertEquals("finished", manifest.path("status").asText());
    assertTrue(
        manifest.path("command").asText().contains("--seed 7 --set steps=3"), manifest.toString());
    assertEquals(
        List.of("{\"step\":0,\"x\":4.0}", "{\"step\":1,\"x\":2.0}", "{\"step\":2,\"x\":1.0}"),
        Files.readAllLines(target().resolve("metrics.jsonl")));
  }

  @Test
  void resultsAreNotOverwritten() {
    assertEquals(0, nestor("run", "descent", "--out", target().toString()));
    fails("holds the results of another run", "run", "descent", "--out", target().toString());
  }

  @Test
  void aRunThatFailsKeepsItsMetricsAndSaysSo() throws IOException {
    fails(
        "asked to fail",
        "run",
        "descent",
        "--set",
        "text=fail",
        "--set=steps=1",
        "--out",
        target().toString());
    assertEquals(1, Files.readAllLines(target().resolve("metrics.jsonl")).size());
    assertEquals("failed", json(target().resolve("manifest.json")).path("status").asText());
    assertFalse(Files.exists(target().resolve("result.json")));
    fails("holds the results of another run", "run", "descent", "--out", target().toString());
    assertEquals(1, Files.readAllLines(target().resolve("metrics.jsonl")).size());
  }

  @Test
  void aFolderWhereNothingWasMeasuredMayBeUsedAgain() throws IOException {
    String[] run = {"run", "descent", "--out", target().toString()};
    Files.createDirectories(target());
    Files.writeString(target().resolve("config.json"), "{}");
    fails("(config.json): name another folder", run);
    Files.writeString(target().resolve("manifest.json"), "{\"status\":\"running\"}");
    fails("(config.json): name another folder", run);
    Files.writeString(target().resolve("manifest.json"), "{\"status\":\"failed\"}");
    assertEquals(0, nestor(run), err.toString(StandardCharsets.UTF_8));
    fails("--out takes the name of a folder", "run", "descent", "--out", "");
  }

  @Test
  void wrongNamesAreAnsweredWithTheNearestRightOne() {
    fails("there is no command 'rnu'; did you mean run?", "rnu");
    fails("there is no command 'lsit'; did you mean list?", "help", "lsit");
    fails("there is no command 'version'; did you mean --version?", "version");
    fails("./nestor has no option --verison; did you mean --version?", "--verison");
    fails("there is no experiment 'decsent'; did you mean descent?", "run", "decsent");
    fails("run has no option --sed; did you mean --seed?", "run", "descent", "--sed", "3");
    fails("no setting 'step'; did you mean steps?", "run", "descent", "--set", "step=3");
    fails(
        "no setting 'optimizer.rat'; did you mean optimizer.rate?",
        "run",
        "descent",
        "--set",
        "optimizer.rat=3");
    fails("did you mean reference?", "run", "descent", "--backend", "referense");
    fails("did you mean float32?", "conformance", "x.json", "--dtype", "float23");
    fails("--mode cannot be 'eagre'; did you mean eager?", "run", "descent", "--mode", "eagre");
    fails("did you mean compiled?", "conformance", "x.json", "--mode", "compile");
  }

  @Test
  void wrongValuesAreAnsweredWithWhatIsTaken() {
    fails("steps takes a whole number, not '1.5'", "run", "descent", "--set", "steps=1.5");
    fails("steps takes a whole number", "run", "descent", "--set", "steps=99999999999");
    fails("rate takes a number, not 'fast'", "run", "descent", "--set", "optimizer.rate=fast");
    fails("rate must be positive", "run", "descent", "--set", "optimizer.rate=-1");
    fails("takes true or false", "run", "descent", "--set", "warm=yes");
    fails(
        "optimizer.schedule cannot be 'COSIN'; did you mean COSINE?",
        "run",
        "descent",
        "--set",
        "optimizer.schedule=COSIN");
    fails("takes path=value", "run", "descent", "--set", "steps");
    fails("--seed takes a whole number", "run", "descent", "--seed", "abc");
    fails("not '99999999999999999999' (see", "run", "descent", "--seed=99999999999999999999");
    fails("run needs a NAME (see ./nestor run --help)", "run");
    fails("--backend needs a B (see ./nestor run --help)", "run", "descent", "--backend");
    fails("takes no further argument 'again' (see", "run", "descent", "again");
    fails("leave out --mode compiled", "run", "descent", "--check-finite", "--mode", "compiled");
  }

  @Test
  void theListSaysHowLongAndWhatCanBeSet() {
    assertEquals(0, nestor("list"));
    assertEquals("descent  goes downhill (about 3 s)\n", out.toString(StandardCharsets.UTF_8));
    assertEquals(0, nestor("list", "descent"));
    String settings = out.toString(StandardCharsets.UTF_8);
    assertTrue(settings.contains("steps              = 4  how many steps\n"), settings);
    assertTrue(settings.contains("optimizer.rate     = 0.25\n"), settings);
  }

  @Test
  void helpNamesEveryCommand() {
    assertEquals(0, nestor("--help"));
    String help = out.toString(StandardCharsets.UTF_8);
    for (String command :
        List.of("run", "list", "script", "test", "format", "conformance", "doctor")) {
      assertTrue(help.contains("  " + command + " "), help);
    }
  }

  @Test
  void everyCommandHasHelp() {
    for (String command : List.of("run", "list", "conformance", "doctor")) {
      assertEquals(0, nestor(command, "--help"));
      String help = out.toString(StandardCharsets.UTF_8);
      assertTrue(help.startsWith("Usage: ./nestor " + command + " "), help);
      assertEquals(0, nestor("help", command));
      assertEquals(help, out.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void theVersionIsSaid() {
    assertEquals(0, nestor("--version"));
    String version = out.toString(StandardCharsets.UTF_8);
    assertTrue(version.matches("Nestor [^ ,]+, Java 2\\d.*\\R"), version);
    assertEquals(0, nestor("-V"));
    assertEquals(version, out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void theDoctorFindsBothBackends() {
    assertEquals(0, nestor("doctor"));
    String findings = out.toString(StandardCharsets.UTF_8);
    assertTrue(findings.contains("ok backend  cpu\n"), findings);
    assertTrue(findings.contains("ok backend  reference\n"), findings);
  }
}
