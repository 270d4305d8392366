package nestor.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nestor.autodiff.Backend;
import nestor.autodiff.Tensor;
import nestor.autodiff.cpu.CpuBackend;
import nestor.laws.TrainingProgram.Scale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/// The bits of a training depend on its seed alone: not on threads, vectors, the JIT, or what else
/// runs.
@TestInstance(Lifecycle.PER_CLASS)
class DeterminismTest {
  private static final String VECTORS = "--add-modules=jdk.incubator.vector";
  private static final Pattern HASH = Pattern.compile("^[0-9a-f]{64}$", Pattern.MULTILINE);
  private static final long SEED = 7;
  private static final int ROUNDS = 5;

  /// A way to start a process.
  private record Mode(Scale scale, List<String> flags) {
    static Mode of(Scale scale, String... flags) {
      return new Mode(scale, List.of(flags));
    }

    @Override
    public String toString() {
      return scale + " " + (flags.contains(VECTORS) ? "" : "no vector module ") + flags;
    }
  }

  private static final List<Mode> MODES =
      List.of(
          Mode.of(Scale.SMALL, VECTORS),
          Mode.of(Scale.LARGE, VECTORS, "-Dnestor.threads=1"),
          Mode.of(Scale.LARGE, VECTORS, "-XX:UseAVX=2"),
          Mode.of(Scale.LARGE),
          Mode.of(Scale.SMALL, VECTORS, "-Dnestor.threads=2"),
          Mode.of(Scale.SMALL, VECTORS, "-Dnestor.threads=5", "-XX:MaxVectorSize=16"),
          Mode.of(Scale.SMALL, VECTORS, "-XX:TieredStopAtLevel=1"),
          Mode.of(Scale.SMALL, VECTORS, "-Xint"));

  @TempDir private Path folder;
  private int checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: the bits of trainings against each other%n", checks);
  }

  private void assertSame(String expected, String actual, String what) {
    checks++;
    assertEquals(expected, actual, what);
  }

  @Test
  void threadsVectorsAndCompilersMoveNoBit() throws Exception {
    for (Mode mode : MODES) {
      String expected = TrainingProgram.hash(mode.scale, SEED, Backend.standard());
      String output = run(mode);
      Matcher hash = HASH.matcher(output);
      if (hash.find()) {
        assertSame(expected, hash.group(), mode.toString());
      } else if (output.contains("Unrecognized VM option")) {
        System.out.printf("SKIPPED: this JVM cannot run %s%n", mode);
      } else {
        fail(mode + " printed no hash, but:\n" + output);
      }
    }
  }

  /// The training in a process of its own, with the test's classes in the module's place.
  private String run(Mode mode) throws IOException, InterruptedException, URISyntaxException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(mode.flags);
    command.add("--module-path=" + location(Tensor.class));
    command.add("--patch-module=nestor.autodiff=" + location(TrainingProgram.class));
    command.add("--module=nestor.autodiff/" + TrainingProgram.class.getName());
    command.add(mode.scale.name());
    command.add(Long.toString(SEED));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(2, TimeUnit.MINUTES), mode + " takes too long");
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output);
  }

  /// The folder or archive that a class was read from. A class that patches a module has the
  /// module's code source, so the class file itself is asked for.
  private static Path location(Class<?> type) throws IOException, URISyntaxException {
    URL url = type.getResource(type.getSimpleName() + ".class");
    if (url.openConnection() instanceof JarURLConnection archive) {
      return Path.of(archive.getJarFileURL().toURI());
    }
    int up = type.getPackageName().split("\\.").length;
    URI root = url.toURI().resolve("../".repeat(up));
    return Path.of(root);
  }

  @Test
  void anotherSeedGivesOtherBits() {
    checks++;
    assertNotEquals(
        TrainingProgram.hash(Scale.SMALL, 1, Backend.standard()),
        TrainingProgram.hash(Scale.SMALL, 2, Backend.standard()));
  }

  @Test
  void trainingsInTwoThreadsGiveTheBitsOfEachAlone() throws Exception {
    for (Scale scale : Scale.values()) {
      inTwoThreads(scale, new CpuBackend(2), new CpuBackend(2));
    }
  }

  @Test
  void trainingsThatShareABackendGiveTheBitsOfEachAlone() throws Exception {
    for (Scale scale : Scale.values()) {
      Backend shared = new CpuBackend(2);
      inTwoThreads(scale, shared, shared);
    }
  }

  private void inTwoThreads(Scale scale, Backend first, Backend second) throws Exception {
    Callable<String> one = () -> TrainingProgram.hash(scale, 1, first);
    Callable<String> two = () -> TrainingProgram.hash(scale, 2, second);
    List<String> alone = List.of(one.call(), two.call());
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < ROUNDS; round++) {
        List<Future<String>> together = threads.invokeAll(List.of(one, two));
        for (int i = 0; i < 2; i++) {
          assertSame(alone.get(i), get(together.get(i)), scale + ", training " + (i + 1));
        }
      }
    }
  }

  private static String get(Future<String> hash) throws InterruptedException {
    try {
      return hash.get();
    } catch (ExecutionException e) {
      throw new AssertionError("the training failed", e.getCause());
    }
  }
}
