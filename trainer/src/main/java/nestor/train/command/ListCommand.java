package nestor.train.command;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import nestor.train.Experiment;
import nestor.train.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./nestor list`: the experiments, one line each; with a name, what can be set in that one.
@Command(
    name = "list",
    description = "Lists the experiments with how long they take; with a NAME, its settings.",
    mixinStandardHelpOptions = false)
final class ListCommand implements Runnable {
  private final Surroundings surroundings;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..1",
      description = "The experiment whose settings to show.")
  private @Nullable String name;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("unused") // picocli reads it
  private boolean help;

  ListCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public void run() {
    if (name == null) {
      all();
    } else {
      one(surroundings.experiment(name));
    }
  }

  private void all() {
    List<Experiment> experiments =
        surroundings.experiments().stream().sorted(Comparator.comparing(Experiment::name)).toList();
    int width = experiments.stream().mapToInt(one -> one.name().length()).max().orElse(0);
    for (Experiment experiment : experiments) {
      surroundings
          .out()
          .printf(
              "%-" + width + "s  %s (%s)%n",
              experiment.name(),
              experiment.summary(),
              about(experiment.expected()));
    }
    if (experiments.isEmpty()) {
      surroundings.err().println("nestor: no module on the path provides an experiment");
    }
  }

  private void one(Experiment experiment) {
    surroundings
        .out()
        .printf(
            "%s: %s (%s)%n", experiment.name(), experiment.summary(), about(experiment.expected()));
    Settings settings = experiment.settings();
    Map<String, ?> paths = SettingsJson.paths(settings);
    int width = paths.keySet().stream().mapToInt(String::length).max().orElse(0);
    paths.forEach((path, value) ->
        surroundings
            .out()
            .println(
                ("  %-" + width + "s = %s  %s")
                    .formatted(path, value, settings.descriptions().getOrDefault(path, ""))
                    .stripTrailing()));
  }

  /// A duration in the unit that suits it.
  static String about(Duration expected) {
    long seconds = Math.max(1, expected.toSeconds());
    if (seconds < 120) {
      return "about " + seconds + " s";
    }
    return seconds < 7200
        ? "about " + Math.round(seconds / 60.0) + " min"
        : "about " + Math.round(seconds / 3600.0) + " h";
  }
}
