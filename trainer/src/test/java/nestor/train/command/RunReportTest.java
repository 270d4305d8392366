package nestor.train.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import nestor.train.Chart;
import nestor.train.Experiment;
import nestor.train.Run;
import nestor.train.Table;
import nestor.train.conformance.Subjects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// However a run ends, its folder has a report, and what the report lacks hides nothing.
final class RunReportTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private interface Body {
    Map<String, Double> run(Run run) throws IOException;
  }

  private record Small(List<Chart> charts, Body body) implements Experiment {
    @Override
    public String name() {
      return "small";
    }

    @Override
    public String summary() {
      return "a small one";
    }

    @Override
    public Duration expected() {
      return Duration.ZERO;
    }

    @Override
    public Map<String, Double> run(Run run) throws IOException {
      return body.run(run);
    }
  }

  private int run(List<Chart> charts, Body body) {
    Surroundings surroundings =
        new Surroundings(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            List.of(new Small(charts, body)),
            new Subjects(List.of(), List.of()),
            List.of());
    return new Nestor(surroundings).run("run", "small", "--out", target().toString());
  }

  private Path target() {
    return folder.resolve("run");
  }

  private String report() throws IOException {
    return Files.readString(target().resolve("report.html"));
  }

  private static Chart of(String... series) {
    return new Chart("Loss", "", Chart.Scale.LINEAR, List.of(series));
  }

  private static Map<String, Double> measured(Run run) {
    run.metrics(0, Map.of("loss", 1.0, "rate", 0.1));
    return Map.of("testLoss", 0.25);
  }

  @Test
  void aFinishedRunHasAReportWithItsTables() throws IOException {
    Table table = new Table("By seed", List.of("seed", "loss"), List.of(List.of("7", "0.5")));
    assertEquals(
        0,
        run(
            List.of(of("loss")),
            run -> {
              run.table(table);
              return measured(run);
            }),
        err.toString(StandardCharsets.UTF_8));
    assertTrue(report().contains("finished</span>"));
    assertTrue(report().contains("<h2>By seed</h2>"));
    assertTrue(report().contains("<dt>test loss</dt><dd title=\"0.25\">0.25</dd>"));
    assertTrue(report().contains("./nestor run small --seed 0 --backend cpu"));
    assertTrue(
        out.toString(StandardCharsets.UTF_8).contains("By seed\n  seed  loss\n     7   0.5\n"));
  }

  @Test
  void aRunThatFailsHasAReportThatSaysWhy() throws IOException {
    int status =
        run(
            List.of(),
            run -> {
              measured(run);
              throw new IOException("the disk <is> full");
            });
    assertEquals(1, status);
    assertTrue(report().contains("failed</span>"));
    assertTrue(report().contains("the disk &lt;is&gt; full"), report().substring(0, 9000));
    assertTrue(report().contains("\"loss\""));
  }

  @Test
  void aReportThatCannotBeWrittenDoesNotHideWhyTheRunFailed() throws IOException {
    run(
        List.of(),
        run -> {
          Files.createDirectories(target().resolve("report.html").resolve("in the way"));
          throw new IOException("the disk is full");
        });
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("the disk is full"));
  }

  @Test
  void aMistypedSeriesIsNamedWithTheNearestRightOne() throws IOException {
    assertEquals(2, run(List.of(of("loss", "rtae")), RunReportTest::measured));
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(
        said.contains(
            "the chart 'Loss' names the series 'rtae', which the run did not measure;"
                + " did you mean rate?"),
        said);
    assertTrue(Files.exists(target().resolve("result.json")));
    assertTrue(report().contains("rtae has no values in this run."));
  }

  @Test
  void aSlowLevelThatAShortRunDidNotReachIsNoMistake() throws IOException {
    assertEquals(0, run(List.of(of("loss", "rate", "loss2")), RunReportTest::measured));
    assertTrue(report().contains("loss2 has no values in this run."));
  }
}
