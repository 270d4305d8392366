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
/// @param wanted the parameters that sizes must have
record Peers(String python, Path folder, Map<String, String> wanted) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> PYTHONS = List.of("/usr/bin/python3", "python3"); // Debian's
  private static final Set<String> RESULTS =
      Set.of("workload", "threads", "torch", "runs", "median_ms", "min_ms");

  /// The programs beside this module's sources, under the first Python that has PyTorch.
  static Peers find(Map<String, String> wanted) {
    Path folder = Path.of(System.getProperty("nestor.home", "."), "jmh-benchmarks", "peers");
    if (!Files.isDirectory(folder)) {
      throw new Failure(
          "--peers needs the programs in %s: start ./nestor of a clone".formatted(folder));
    }
    return PYTHONS.stream()
        .filter(Peers::hasTorch)
        .findFirst()
        .map(python -> new Peers(python, folder, wanted))
        .orElseThrow(() ->
            new Failure(
                "--peers needs PyTorch, and neither %s has it: apt install python3-torch"
                        .formatted(String.join(" nor ", PYTHONS))
                    + " libopenblas0-pthread, or pip install torch"));
  }

  private static boolean hasTorch(String python) {
    try {
      return new ProcessBuilder(python, "-c", "import torch")
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // no such Python either
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /// Times a workload.
  List<Measurement> time(String workload, int threads) {
    List<String> command = new ArrayList<>();
    command.add(python);
    command.add(folder.resolve(workload + ".py").toString());
    command.add("--threads");
    command.add(String.valueOf(threads));
    wanted.forEach((name, value) -> command.add(name + "=" + value));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    builder.environment().put("OPENBLAS_NUM_THREADS", String.valueOf(threads));
    return measured(builder);
  }

  /// The measurements that a program prints.
  static List<Measurement> measured(ProcessBuilder builder) {
    String command = String.join(" ", builder.command());
    try {
      Process process = builder.redirectError(Redirect.INHERIT).start();
      process.getOutputStream().close();
      String printed;
      try (var in = process.getInputStream()) {
        printed = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (process.waitFor() != 0) {
        throw new Failure("%s failed: its messages are above".formatted(command));
      }
      return printed.lines().map(Peers::read).toList();
    } catch (IOException e) {
      throw new Failure("%s cannot be started: %s".formatted(command, e.getMessage()), e);
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
