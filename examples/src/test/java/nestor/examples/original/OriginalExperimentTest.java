package nestor.examples.original;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.train.Mode;
import nestor.train.Progress;
import nestor.train.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The experiment's figures follow from its settings and its seed alone.
class OriginalExperimentTest {
  @TempDir Path root;

  /// All figures of a short run, as text.
  private String run(long seed, DType dtype) {
    try {
      Path folder = Files.createTempDirectory(root, "run");
      var config = new OriginalExperiment.Config(12, 16, 1, 2, dtype);
      Run.Setup setup = new Run.Setup(config, seed, Backend.named("cpu"), Mode.COMPILED);
      try (Run run = Run.in(folder, setup, silence(), Progress.silent())) {
        String result = new OriginalExperiment().run(run).toString();
        return result + Files.readString(folder.resolve("metrics.jsonl"));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static PrintStream silence() {
    return new PrintStream(java.io.OutputStream.nullOutputStream());
  }

  @Test
  void theSameSeedGivesTheSameFigures() {
    assertEquals(run(1, DType.FLOAT32), run(1, DType.FLOAT32));
    assertNotEquals(run(1, DType.FLOAT32), run(2, DType.FLOAT32));
  }

  @Test
  void twoTrainingsInOneProcessDoNotMeet() {
    String first = run(1, DType.FLOAT64);
    String second = run(2, DType.FLOAT32);
    for (int round = 0; round < 5; round++) {
      var beside = CompletableFuture.supplyAsync(() -> run(1, DType.FLOAT64));
      assertEquals(second, run(2, DType.FLOAT32));
      assertEquals(first, beside.join());
    }
  }
}
