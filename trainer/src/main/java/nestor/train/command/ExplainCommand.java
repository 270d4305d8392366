package nestor.train.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import nestor.train.Backends;
import nestor.train.Experiment;
import nestor.train.Explanation;
import nestor.train.Explanation.Mark;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.Run;
import nestor.train.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./nestor explain NAME`: the levels of an experiment, and every path of its meta-gradients with
/// what is wrong with it.
@Command(
    name = "explain",
    description =
        "Shows the levels of an experiment and every path of its meta-gradients, measured on a real"
            + " step, with severed, truncated and saturated ones marked.",
    footer = "Example: ./nestor explain quickstart --set ablate=meta-learning",
    mixinStandardHelpOptions = false)
final class ExplainCommand implements Callable<Integer> {
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
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("unused") // picocli reads it
  private boolean help;

  ExplainCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Experiment experiment = surroundings.experiment(name);
    Record settings = SettingsJson.with(experiment.settings(), assignments);
    Run.Setup setup = new Run.Setup(settings, seed, Backends.choose(backend), Mode.COMPILED);
    print(
        experiment
            .explain(setup)
            .orElseThrow(() ->
                new Failure(
                    "the experiment '%s' declares no levels%s, so there is nothing to explain"
                        .formatted(name, assignments.isEmpty() ? "" : " with these settings"))));
    return 0;
  }

  private void print(Explanation explanation) {
    var out = surroundings.out();
    out.println(explanation.levels());
    out.println();
    new Table(
            "Paths from the meta-loss to what is meta-learned, at " + explanation.measured(),
            List.of("to", "through", "strength", "mark", "why"),
            explanation.paths().stream().map(ExplainCommand::row).toList())
        .print(out);
    out.println();
    out.println("  strength   the norm of the meta-gradient along this path alone");
    Arrays.stream(Mark.values())
        .filter(mark -> mark != Mark.OPEN)
        .forEach(mark -> out.printf("  %-9s  %s%n", mark.word(), mark.meaning()));
    out.println();
    out.println(summary(explanation.paths()));
  }

  private static List<String> row(Explanation.Path path) {
    String strength = String.format(Locale.ROOT, "%.2e", path.strength());
    return List.of(
        path.parameter(),
        path.through(),
        path.strength() == 0 ? "0" : strength,
        path.mark().word(),
        path.why());
  }

  private static String summary(List<Explanation.Path> paths) {
    String counts =
        Arrays.stream(Mark.values())
            .map(mark -> {
              long count = paths.stream().filter(path -> path.mark() == mark).count();
              return count + " " + (mark == Mark.OPEN ? "open" : mark.word());
            })
            .collect(Collectors.joining(", "));
    return "%d paths: %s".formatted(paths.size(), counts);
  }
}
