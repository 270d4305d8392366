package nestor.train.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Ctrl-C leaves a folder that can be read.
final class InterruptedRunTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path folder;

  @Test
  @Timeout(60)
  void anInterruptedRunKeepsWholeLinesAndHasAReport() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    Path said = folder.resolve("said");
    Process process = start(run, said);
    try {
      Path metrics = run.resolve("metrics.jsonl");
      while (process.isAlive() && (Files.notExists(metrics) || Files.size(metrics) < 1 << 20)) {
        Thread.sleep(20);
      }
      interrupt(process);
      assertNotEquals(0, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    for (int i = 0; i < lines.size(); i++) {
      JsonNode line = JSON.readTree(lines.get(i));
      assertEquals(i, line.path("step").asLong(-1));
      assertEquals(501, line.size());
    }
    assertTrue(Files.readString(run.resolve("metrics.jsonl")).endsWith("}\n"));
    assertEquals(
        "interrupted",
        JSON.readTree(run.resolve("manifest.json").toFile()).path("status").asText());
    assertEquals(
        "endless", JSON.readTree(run.resolve("config.json").toFile()).path("experiment").asText());
    assertFalse(Files.exists(run.resolve("result.json")));
    String report = Files.readString(run.resolve("report.html"));
    assertTrue(report.contains("interrupted</span>"));
    assertTrue(report.endsWith("</html>\n"));
    List<String> sentences = Files.readAllLines(said).stream().filter(l -> !l.isBlank()).toList();
    assertEquals("nestor: interrupted; what there is so far is in " + run, sentences.getLast());
    assertFalse(sentences.toString().contains("Exception"), sentences.toString());
  }

  /// Where the build has put this module's tests; a quick build has another place than a full one.
  private static Path testClasses() {
    Path here = Path.of(URI.create(Endless.class.getResource("Endless.class").toString()));
    return here.getParent().getParent().getParent().getParent();
  }

  private static Process start(Path run, Path said) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector",
            "-p",
            System.getProperty("jdk.module.path"),
            "--patch-module",
            "nestor.train=" + testClasses(),
            "-m",
            "nestor.train/" + Endless.class.getName(),
            "run",
            "endless",
            "--out",
            run.toString())
        .redirectErrorStream(true)
        .redirectOutput(said.toFile())
        .start();
  }

  /// As Ctrl-C does; a process whose parents ignore that signal ignores it too, and is ended.
  private static void interrupt(Process process) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "there is no kill");
    new ProcessBuilder("/bin/kill", "-INT", String.valueOf(process.pid())).start().waitFor();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroy();
      process.waitFor();
    }
  }
}
