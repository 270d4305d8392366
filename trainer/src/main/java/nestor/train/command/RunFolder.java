package nestor.train.command;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import nestor.train.Failure;
import nestor.train.Run;

/// The folder of a run: the resolved settings and a manifest from the start, the result at the end.
/// A run that is interrupted says so in its manifest.
final class RunFolder {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String RESULT = "result.json";
  private static final String METRICS = "metrics.jsonl";
  private static final String CONFIG = "config.json";
  private static final String MANIFEST = "manifest.json";
  private static final List<String> STOPPED = List.of("failed", "interrupted");

  private final Path path;
  private final String experiment;
  private final Run.Setup setup;
  private final Map<String, Object> manifest;
  private final Instant started = Instant.now();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Thread interrupted = new Thread(this::interrupted);

  private RunFolder(Path path, String experiment, Run.Setup setup) {
    this.path = path;
    this.experiment = experiment;
    this.setup = setup;
    this.manifest = Manifest.of(experiment, setup, started);
  }

  /// Makes the folder and writes what is known before the run.
  static RunFolder open(Path path, String experiment, Run.Setup setup) throws IOException {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new Failure("%s is a file: name a folder with --out".formatted(path));
    }
    Optional<String> kept = kept(path);
    if (kept.isPresent()) {
      throw new Failure(
          "%s holds the results of another run (%s): name another folder with --out, or remove it"
              .formatted(path, kept.get()));
    }
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new Failure("the folder %s cannot be made: name another with --out".formatted(path), e);
    }
    RunFolder folder = new RunFolder(path, experiment, setup);
    folder.write(CONFIG, folder.config());
    folder.writeManifest("running");
    Runtime.getRuntime().addShutdownHook(folder.interrupted);
    return folder;
  }

  /// The file of another run, or of something else, that a run in this folder would overwrite; none
  /// where a run stopped before its first step.
  private static Optional<String> kept(Path path) throws IOException {
    Path manifest = path.resolve(MANIFEST);
    Path metrics = path.resolve(METRICS);
    boolean isStopped =
        Files.isRegularFile(manifest)
            && STOPPED.contains(status(manifest))
            && (Files.notExists(metrics) || Files.size(metrics) == 0);
    List<String> ours = isStopped ? List.of(RESULT) : List.of(RESULT, METRICS, CONFIG, MANIFEST);
    return ours.stream().filter(name -> Files.exists(path.resolve(name))).findFirst();
  }

  private static String status(Path manifest) {
    try {
      return JSON.readTree(manifest.toFile()).path("status").asText();
    } catch (IOException e) {
      return "unknown";
    }
  }

  Path path() {
    return path;
  }

  private Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("experiment", experiment);
    config.put("seed", setup.seed());
    config.put("backend", setup.backend().name());
    config.put("settings", SettingsJson.tree(setup.settings()));
    return config;
  }

  /// Writes the result.
  void finished(Map<String, Double> metrics) throws IOException {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("experiment", experiment);
    result.put("seed", setup.seed());
    result.put("metrics", metrics);
    write(RESULT, result);
    end("finished");
  }

  /// Notes that the experiment did not come to its end.
  void failed() throws IOException {
    end("failed");
  }

  private void interrupted() {
    try {
      if (ended.compareAndSet(false, true)) {
        writeManifest("interrupted");
        System.err.println("\nnestor: interrupted; what there is so far is in " + path);
      }
    } catch (IOException e) {
      System.err.println("nestor: the manifest cannot be written: " + e.getMessage());
    }
  }

  private void end(String status) throws IOException {
    if (ended.compareAndSet(false, true)) {
      writeManifest(status);
      try {
        Runtime.getRuntime().removeShutdownHook(interrupted);
      } catch (IllegalStateException e) {
        return; // the process is going down; the hook finds that the run has ended
      }
    }
  }

  private void writeManifest(String status) throws IOException {
    manifest.put("status", status);
    manifest.put("seconds", Duration.between(started, Instant.now()).toMillis() / 1000.0);
    write(MANIFEST, manifest);
  }

  private void write(String name, Object content) throws IOException {
    Files.writeString(path.resolve(name), JSON.writeValueAsString(content) + "\n");
  }
}
