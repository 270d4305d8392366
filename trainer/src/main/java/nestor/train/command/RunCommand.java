package nestor.train.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import nestor.autodiff.Backend;
import nestor.train.Backends;
import nestor.train.Experiment;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.Run;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./nestor run NAME`: runs an experiment and writes what it found, and what is needed to repeat
/// it.
@Command(
    name = "run",
    description =
        "Runs an experiment by name and writes its settings, metrics, results and a report.",
    footer = "Example: ./nestor run original --set steps=300",
    mixinStandardHelpOptions = false)
final class RunCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Parameters(paramLabel = "NAME", description = "The experiment; './nestor list' shows them.")
  private String name;

  @Option(names = "--seed", paramLabel = "N", description = "Where all randomness comes from (0).")
  private long seed;

  @Option(
      names = "--set",
      paramLabel = "path=value",
      description = "Changes a setting; may be given again. './nestor list NAME' shows them.")
  private List<String> assignments = new ArrayList<>();

  @Option(names = "--backend", paramLabel = "B", description = Backends.CHOICE)
  private String backend = "";

  @Option(
      names = "--mode",
      paramLabel = "M",
      description = "compiled (steps as plans) or eager (operator by operator) (compiled).")
  private String mode = "";

  @Option(
      names = "--check-finite",
      description =
          "Stops at the first operator whose result is NaN or infinite, and names its line; runs eagerly.")
  private boolean checkFinite;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder to write, runs/NAME-<time> when not given.")
  private @Nullable Path out;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("unused") // picocli reads it
  private boolean help;

  RunCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// Where every operator is checked, there is nothing to compile.
  private Mode mode() {
    Mode wanted = mode.isEmpty() ? Mode.COMPILED : Mode.named(mode);
    if (!checkFinite) {
      return wanted;
    }
    if (!mode.isEmpty() && wanted == Mode.COMPILED) {
      throw new Failure(
          "--check-finite looks at every operator, which a compiled plan has no more: leave out --mode compiled");
    }
    return Mode.EAGER;
  }

  @Override
  public Integer call() throws IOException {
    if (out != null && out.toString().isEmpty()) {
      throw new Failure("--out takes the name of a folder");
    }
    Experiment experiment = surroundings.experiment(name);
    Record settings = SettingsJson.with(experiment.settings(), assignments);
    Mode how = mode();
    Backend chosen = checkFinite ? Backends.chooseChecking(backend) : Backends.choose(backend);
    Run.Setup setup = new Run.Setup(settings, seed, chosen, how);
    RunFolder folder = RunFolder.open(out == null ? fresh() : out, experiment, setup);
    Map<String, Double> metrics;
    try (Run run = folder.start(surroundings.out(), surroundings.progress())) {
      metrics = experiment.run(run);
    } catch (IOException | RuntimeException | Error e) {
      folder.failed(e);
      throw e;
    }
    folder.finished(metrics);
    metrics.forEach((metric, value) -> surroundings.out().println(metric + " " + value));
    surroundings.err().println("nestor: wrote " + folder.path());
    folder.checkReport();
    return 0;
  }

  private Path fresh() {
    String time =
        LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    Path runs = Path.of("runs");
    try {
      Files.createDirectories(runs);
    } catch (IOException e) {
      throw new Failure(
          "the folder %s cannot be made: name another with --out".formatted(runs.toAbsolutePath()),
          e);
    }
    for (int i = 1; i < 100; i++) {
      Path path = runs.resolve(name + "-" + time + (i == 1 ? "" : "-" + i));
      if (!Files.exists(path)) {
        return path;
      }
    }
    throw new Failure("there are too many runs of this second in " + runs);
  }
}
