package nestor.examples.quickstart;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import nestor.train.Experiment;
import nestor.train.Interval;
import nestor.train.Run;
import nestor.train.Settings;
import nestor.train.Table;

/// What each mechanism of the quickstart contributes: the test loss without it, over several seeds.
public final class AblationExperiment implements Experiment {
  /// What `--set` may change.
  ///
  /// @param seeds how many seeds, from `--seed` on
  /// @param steps training steps
  /// @param early after how many steps the first column is taken
  public record Sizes(int seeds, int steps, int early) {
    /// Sizes that make sense.
    public Sizes {
      Config.atLeast(1, "seeds", seeds);
      Config.atLeast(0, "early", early);
      Config.atLeast(early, "steps", steps);
    }
  }

  @Override
  public String name() {
    return "quickstart-ablation";
  }

  @Override
  public String summary() {
    return "quickstart without each of its mechanisms: test losses over ten seeds";
  }

  @Override
  public Duration expected() {
    return Duration.ofMinutes(3);
  }

  @Override
  public Settings settings() {
    return Settings.of(new Sizes(10, 2000, 100))
        .with("seeds", "how many seeds, from --seed on")
        .with("steps", "training steps")
        .with("early", "after how many steps the first column is taken");
  }

  @Override
  public Map<String, Double> run(Run run) {
    Sizes sizes = run.settings(Sizes.class);
    List<Mechanism> mechanisms = List.of(Mechanism.values());
    List<Config> configs = new ArrayList<>();
    for (int steps : new int[] {sizes.early, sizes.steps}) {
      mechanisms.forEach(off -> configs.add(Config.DEFAULT.with(steps).without(off)));
    }
    List<List<Double>> losses =
        Sweep.over(
            configs,
            sizes.seeds,
            run,
            (config, setup, beginning) ->
                Quickstart.train(config, setup, beginning, (i, step) -> {}).testLoss());
    List<List<Double>> early = losses.subList(0, mechanisms.size());
    List<List<Double>> late = losses.subList(mechanisms.size(), losses.size());
    table(run, sizes, mechanisms, early, late);
    others(run, sizes);
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (int i = 0; i < mechanisms.size(); i++) {
      metrics.put("testLoss." + mechanisms.get(i), Interval.of(late.get(i)).mean());
    }
    metrics.put("worst", late.getFirst().stream().mapToDouble(Double::doubleValue).max().orElse(0));
    metrics.put("accepted", QuickstartExperiment.ACCEPTED);
    return metrics;
  }

  private static void table(
      Run run,
      Sizes sizes,
      List<Mechanism> mechanisms,
      List<List<Double>> early,
      List<List<Double>> late) {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < mechanisms.size(); i++) {
      rows.add(
          List.of(
              mechanisms.get(i).toString(),
              mechanisms.get(i).description(),
              Interval.of(early.get(i)).toString(5),
              Interval.of(late.get(i)).toString(5)));
    }
    run.table(
        new Table(
            "Test loss on 1,000 fresh samples, mean of %d seeds and 95 %% interval"
                .formatted(sizes.seeds),
            List.of("ablate", "what is trained", sizes.early + " steps", sizes.steps + " steps"),
            rows));
    List<List<String>> seeds = new ArrayList<>();
    seeds.add(row(sizes.early, early.getFirst()));
    seeds.add(row(sizes.steps, late.getFirst()));
    List<String> columns = new ArrayList<>(List.of("steps"));
    IntStream.range(0, sizes.seeds).forEach(i -> columns.add("seed " + (run.seed() + i)));
    run.out().println();
    run.table(new Table("The whole learner, seed by seed", columns, seeds));
  }

  /// What the same learner reaches early with other parts in the place of its own.
  private static void others(Run run, Sizes sizes) {
    Config whole = Config.DEFAULT.with(sizes.early);
    Map<String, Config> configs = new LinkedHashMap<>();
    for (LayerMemory memory : LayerMemory.values()) {
      if (memory != LayerMemory.NONE) {
        configs.put("memory=" + memory, whole.with(memory));
      }
    }
    for (LevelOptimizer optimizer : LevelOptimizer.values()) {
      configs.put("trunk=" + optimizer, whole.withTrunk(optimizer));
    }
    List<List<Double>> losses =
        Sweep.over(
            List.copyOf(configs.values()),
            sizes.seeds,
            run,
            (config, setup, beginning) ->
                Quickstart.train(config, setup, beginning, (i, step) -> {}).testLoss());
    List<List<String>> rows = new ArrayList<>();
    for (String name : configs.keySet()) {
      Interval interval = Interval.of(losses.get(rows.size()));
      double worst =
          losses.get(rows.size()).stream().mapToDouble(Double::doubleValue).max().orElseThrow();
      rows.add(List.of(name, interval.toString(5), String.format(Locale.ROOT, "%.5f", worst)));
    }
    run.out().println();
    run.table(
        new Table(
            "With other parts, after %d steps".formatted(sizes.early),
            List.of("set", "test loss", "worst seed"),
            rows));
  }

  private static List<String> row(int steps, List<Double> losses) {
    List<String> row = new ArrayList<>(List.of(String.valueOf(steps)));
    losses.forEach(loss -> row.add(String.format(Locale.ROOT, "%.5f", loss)));
    return row;
  }
}
