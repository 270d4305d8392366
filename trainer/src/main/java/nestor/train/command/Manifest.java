package nestor.train.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import nestor.train.Run;

/// What is needed to repeat a run, by name, in the order of the file.
final class Manifest {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMM uuuu HH:mm:ss z", Locale.ENGLISH)
          .withZone(ZoneId.systemDefault());

  private Manifest() {}

  /// The manifest of a run that starts now.
  static Map<String, Object> of(String experiment, Run.Setup setup, Instant started) {
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("experiment", experiment);
    manifest.put("command", command(experiment, setup));
    manifest.put("version", version());
    commit()
        .ifPresent(commit -> {
          manifest.put("commit", commit);
          manifest.put("uncommittedChanges", hasChanges());
        });
    manifest.put("seed", setup.seed());
    manifest.put("backend", setup.backend().name());
    setup.backend().hardware().ifPresent(hardware -> manifest.put("hardware", hardware));
    manifest.put("mode", setup.mode().toString());
    manifest.put("java", System.getProperty("java.runtime.version"));
    manifest.put("jvm", System.getProperty("java.vm.name"));
    manifest.put("javaFlags", Machine.flags());
    manifest.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    manifest.put("architecture", System.getProperty("os.arch"));
    manifest.put("processor", processor());
    manifest.put("cores", Runtime.getRuntime().availableProcessors());
    manifest.put("vectorBits", Machine.vectorBits());
    manifest.put("maxHeapMegabytes", Runtime.getRuntime().maxMemory() >> 20);
    manifest.put("started", started.toString());
    return manifest;
  }

  /// What a person wants to see of a manifest, by the name to show it under.
  static Map<String, String> facts(Map<String, Object> manifest) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("seed", String.valueOf(manifest.get("seed")));
    facts.put("backend", String.valueOf(manifest.get("backend")));
    if (manifest.get("hardware") instanceof String hardware) {
      facts.put("hardware", hardware);
    }
    facts.put("mode", String.valueOf(manifest.get("mode")));
    facts.put("started", TIME.format(Instant.parse(String.valueOf(manifest.get("started")))));
    if (manifest.get("seconds") instanceof Double seconds) {
      facts.put("duration", duration(seconds));
    }
    if (manifest.get("commit") instanceof String commit) {
      facts.put(
          "commit",
          commit.substring(0, Math.min(12, commit.length()))
              + (Boolean.TRUE.equals(manifest.get("uncommittedChanges"))
                  ? ", uncommitted changes"
                  : ""));
    }
    facts.put("Java", String.valueOf(manifest.get("java")));
    facts.put(
        "processor",
        "%s, %s cores, vectors of %s bits"
            .formatted(
                manifest.get("processor"), manifest.get("cores"), manifest.get("vectorBits")));
    return facts;
  }

  private static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
    }
    return whole < 3600
        ? "%d min %d s".formatted(whole / 60, whole % 60)
        : "%d h %d min".formatted(whole / 3600, whole % 3600 / 60);
  }

  /// The command that gives the same results, whatever the defaults were.
  private static String command(String experiment, Run.Setup setup) {
    StringBuilder command = new StringBuilder("./nestor run ").append(experiment);
    command.append(" --seed ").append(setup.seed());
    SettingsJson.leaves(setup.settings())
        .forEach((path, value) ->
            command.append(" --set ").append(quoted(path + "=" + value.asText(value.toString()))));
    String backend = setup.backend().name().replace(" (checking finite)", " --check-finite");
    return command.append(" --backend %s --mode %s".formatted(backend, setup.mode())).toString();
  }

  private static String quoted(String word) {
    return word.matches("[\\w.=+:/,-]*") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /// What `--version` says.
  static String product() {
    return "Nestor %s, Java %s".formatted(version(), System.getProperty("java.runtime.version"));
  }

  private static String version() {
    return Manifest.class.getModule().isNamed()
        ? Manifest.class.getModule().getDescriptor().rawVersion().orElse("unknown")
        : "unknown";
  }

  private static Optional<String> commit() {
    return git("rev-parse", "HEAD").filter(commit -> !commit.isEmpty());
  }

  private static boolean hasChanges() {
    return git("status", "--porcelain", "--untracked-files=no")
        .map(changes -> !changes.isEmpty())
        .orElse(false);
  }

  private static Optional<String> git(String... arguments) {
    Path home = Path.of(System.getProperty("nestor.home", "."));
    List<String> command =
        Stream.concat(Stream.of("git", "--no-optional-locks"), Stream.of(arguments)).toList();
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      try (InputStream out = process.getInputStream()) {
        String text = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0 ? Optional.of(text) : Optional.empty();
      }
    } catch (IOException e) {
      return Optional.empty(); // no git here
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static String processor() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .findFirst()
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .orElse("unknown");
      } catch (IOException e) {
        return "unknown";
      }
    }
    return "unknown";
  }
}
