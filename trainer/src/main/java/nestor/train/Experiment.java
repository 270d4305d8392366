package nestor.train;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Something that `./nestor run NAME` runs: found by [java.util.ServiceLoader], so a module offers
/// one with `provides nestor.train.Experiment with …`.
public interface Experiment {
  /// The name on the command line: small letters, digits and hyphens.
  String name();

  /// What it shows, in one line without a full stop.
  String summary();

  /// How long it takes with its default settings on two cores.
  Duration expected();

  /// What `--set path=value` may change, with the defaults.
  default Settings settings() {
    return Settings.none();
  }

  /// What the run's report draws; nothing stands for one chart of each metric.
  ///
  /// A series that no metric has the name of is a mistake where a metric in no chart has a similar
  /// one, and otherwise has not been measured in this run.
  default List<Chart> charts() {
    return List.of();
  }

  /// The levels of its learner and the paths of their meta-gradient on a real step, for `./nestor
  /// explain`; nothing for an experiment without levels.
  ///
  /// @param setup as for a run
  default Optional<Explanation> explain(Run.Setup setup) {
    return Optional.empty();
  }

  /// Runs it. The same settings, seed and backend give the same metrics.
  ///
  /// @return the results by name, which go to `result.json` in this order
  /// @throws IOException where data or results cannot be read or written
  Map<String, Double> run(Run run) throws IOException;
}
