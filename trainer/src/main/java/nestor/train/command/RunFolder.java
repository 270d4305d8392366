package nestor.train.command;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import nestor.train.Experiment;
import nestor.train.Failure;
import nestor.train.Nearest;
import nestor.train.Progress;
import nestor.train.Run;
import nestor.train.report.Head;
import nestor.train.report.Head.Status;
import nestor.train.report.Report;
import nestor.train.report.Unknown;

/// The folder of a run: the resolved settings and a manifest from the start, the result and the
/// report at the end. A run that is interrupted says so in its manifest and its report.
final class RunFolder {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String RESULT = "result.json";
  private static final String METRICS = "metrics.jsonl";
  private static final String CONFIG = "config.json";
  private static final String MANIFEST = "manifest.json";
  private static final List<String> STOPPED = List.of("failed", "interrupted");

  private final Path path;
  private final Experiment experiment;
  private final Run.Setup setup;
  private final Map<String, Object> manifest;
  private final Instant started = Instant.now();
  private final Thread interrupted = new Thread(this::interrupted);
  private Optional<Run> run = Optional.empty();
  private Optional<Failure> trouble = Optional.empty();
  private boolean ended;

  private RunFolder(Path path, Experiment experiment, Run.Setup setup) {
    this.path = path;
    this.experiment = experiment;
    this.setup = setup;
    this.manifest = Manifest.of(experiment.name(), setup, started);
  }

  /// Makes the folder and writes what is known before the run.
  static RunFolder open(Path path, Experiment experiment, Run.Setup setup) throws IOException {
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
    config.put("experiment", experiment.name());
    config.put("seed", setup.seed());
    config.put("backend", setup.backend().name());
    config.put("mode", setup.mode().toString());
    config.put("settings", SettingsJson.tree(setup.settings()));
    return config;
  }

  /// The run that writes to this folder.
  synchronized Run start(PrintStream out, Progress progress) {
    Run started = Run.in(path, setup, out, progress);
    run = Optional.of(started);
    return started;
  }

  /// Writes the result and the report.
  synchronized void finished(Map<String, Double> metrics) throws IOException {
    awaitEndIfInterrupted();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("experiment", experiment.name());
    result.put("seed", setup.seed());
    result.put("metrics", metrics);
    write(RESULT, result);
    end(Status.FINISHED, "", metrics);
  }

  /// Notes that the experiment did not come to its end. What cannot be written is added to the
  /// reason for that.
  synchronized void failed(Throwable reason) {
    awaitEndIfInterrupted();
    try {
      end(Status.FAILED, Nestor.sentence(reason), Map.of());
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
    trouble.ifPresent(reason::addSuppressed);
  }

  /// Fails where the report could not be written, or a chart names a series that seems mistyped.
  void checkReport() {
    if (trouble.isPresent()) {
      throw trouble.get();
    }
  }

  private synchronized void interrupted() {
    if (ended) {
      return;
    }
    try {
      run.ifPresent(Run::close);
      end(Status.INTERRUPTED, "", Map.of());
      System.err.println("\nnestor: interrupted; what there is so far is in " + path);
      trouble.ifPresent(failure -> System.err.println("nestor: " + failure.getMessage()));
    } catch (IOException e) {
      System.err.println("nestor: the manifest cannot be written: " + e.getMessage());
    }
  }

  /// An interrupted process goes down while the experiment still runs: whatever that meets now, a
  /// closed file above all, shall not be told to the user as a failure.
  private void awaitEndIfInterrupted() {
    if (ended) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void end(Status status, String error, Map<String, Double> results) throws IOException {
    ended = true;
    writeManifest(status.name().toLowerCase(Locale.ROOT));
    try {
      trouble = report(status, error, results);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      trouble = Optional.of(new Failure("the report cannot be written: " + e.getMessage(), e));
    }
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    } catch (IllegalStateException e) {
      return; // the process is going down; the hook finds that the run has ended
    }
  }

  private Optional<Failure> report(Status status, String error, Map<String, Double> results)
      throws IOException {
    Head head =
        new Head(
            experiment.name(),
            experiment.summary(),
            status,
            error,
            String.valueOf(manifest.get("command")),
            Manifest.facts(manifest),
            results,
            SettingsJson.described(experiment.settings(), setup.settings()));
    Unknown unknown =
        new Report(head, experiment.charts(), run.map(Run::tables).orElse(List.of()))
            .write(path.resolve(METRICS), path);
    return status == Status.FINISHED ? mistyped(unknown) : Optional.empty();
  }

  private static Optional<Failure> mistyped(Unknown unknown) {
    for (Unknown.Place place : unknown.places()) {
      Optional<String> meant = Nearest.to(place.series(), unknown.unused());
      if (meant.isPresent()) {
        return Optional.of(
            new Failure(
                ("the chart '%s' names the series '%s', which the run did not measure;"
                        + " did you mean %s?")
                    .formatted(place.chart(), place.series(), meant.get())));
      }
    }
    return Optional.empty();
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
