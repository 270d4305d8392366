package nestor.bench.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nestor.train.Failure;
import nestor.train.Table;

/// The same workloads on another backend, in a process of its own.
///
/// @param backend its name
/// @param flags what both processes are given
record Beside(String backend, List<String> flags) {
  /// A workload at one size on both.
  ///
  /// @param ours the time here
  /// @param other the time there
  /// @param launches kernels that a step starts here
  record Row(Measurement ours, Measurement other, long launches) {}

  static Beside of(String backend, Map<String, String> wanted, double warmUp, String mode) {
    List<String> flags =
        new ArrayList<>(
            List.of("--json", "--backend", backend, "--mode", mode, "--warm-up", "" + warmUp));
    wanted.forEach((name, value) -> flags.addAll(List.of("--size", name + "=" + value)));
    return new Beside(backend, List.copyOf(flags));
  }

  /// Times a workload there.
  List<Measurement> time(String workload) {
    Path launcher = Path.of(System.getProperty("nestor.home", "."), "nestor");
    if (!Files.isExecutable(launcher)) {
      throw new Failure("--beside starts %s, which is not there".formatted(launcher));
    }
    List<String> command = new ArrayList<>(List.of(launcher.toString(), "bench", workload));
    command.addAll(flags);
    return Peers.measured(new ProcessBuilder(command));
  }

  /// The rows, to be read.
  Table table(String here, List<Row> rows) {
    return new Table(
        "Milliseconds per step, medians; the ratio is the speed of %s over that of %s"
            .formatted(here, backend),
        List.of("workload", "size", "launches", here, backend, "ratio"),
        rows.stream()
            .map(row ->
                List.of(
                    row.ours.workload(),
                    Measurement.size(row.ours.parameters()),
                    String.valueOf(row.launches),
                    String.format(Locale.ROOT, "%.4f", row.ours.medianMs()),
                    String.format(Locale.ROOT, "%.4f", row.other.medianMs()),
                    String.format(Locale.ROOT, "%.2f", row.other.medianMs() / row.ours.medianMs())))
            .toList());
  }
}
