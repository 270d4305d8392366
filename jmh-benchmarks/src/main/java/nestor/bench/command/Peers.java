package nestor.bench.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nestor.train.Failure;

/// The workloads in PyTorch, each a program.
///
/// @param python the interpreter
/// @param folder where the programs are
record Peers(String python, Path folder) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Path DEBIAN = Path.of("/usr/bin/python3");
  private static final Set<String> RESULTS =
      Set.of("workload", "threads", "torch", "runs", "median_ms", "min_ms");

  /// The programs beside this module's sources, under Debian's Python where there is one.
  static Peers find() {
    Path folder = Path.of(System.getProperty("nestor.home", "."), "jmh-benchmarks", "peers");
    if (!Files.isDirectory(folder)) {
      throw new Failure(
          "--peers needs the programs in %s: start ./nestor of a clone".formatted(folder));
    }
    Peers peers = new Peers(Files.exists(DEBIAN) ? DEBIAN.toString() : "python3", folder);
    if (!peers.hasTorch()) {
      throw new Failure(
          "--peers needs PyTorch for %s: apt install python3-torch libopenblas0-pthread"
              .formatted(peers.python));
    }
    return peers;
  }

  private boolean hasTorch() {
    try {
      return new ProcessBuilder(python, "-c", "import torch")
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // no Python either
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /// Times a workload at all sizes with these parameters.
  List<Measurement> time(String workload, int threads, Map<String, String> sizes) {
    List<String> command = new ArrayList<>();
    command.add(python);
    command.add(folder.resolve(workload + ".py").toString());
    command.add("--threads");
    command.add(String.valueOf(threads));
    sizes.forEach((name, value) -> command.add(name + "=" + value));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
    builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    builder.environment().put("OPENBLAS_NUM_THREADS", String.valueOf(threads));
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      String printed;
      try (var in = process.getInputStream()) {
        printed = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (process.waitFor() != 0) {
        throw new Failure("%s failed: its messages are above".formatted(String.join(" ", command)));
      }
      return printed.lines().map(Peers::read).toList();
    } catch (IOException e) {
      throw new Failure("%s cannot be started: %s".formatted(python, e.getMessage()), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /// A line that a peer printed.
  static Measurement read(String line) {
    try {
      JsonNode fields = JSON.readTree(line);
      Map<String, Object> parameters = new LinkedHashMap<>();
      fields
          .properties()
          .forEach(field -> {
            if (!RESULTS.contains(field.getKey())) {
              parameters.put(field.getKey(), field.getValue().asText());
            }
          });
      return new Measurement(
          fields.required("workload").textValue(),
          parameters,
          fields.required("threads").intValue(),
          fields.required("runs").intValue(),
          fields.required("median_ms").doubleValue(),
          fields.required("min_ms").doubleValue());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new Failure("a peer printed '%s', which is no measurement".formatted(line), e);
    }
  }

  private static Failure interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new Failure("interrupted while a peer ran", e);
  }
}
