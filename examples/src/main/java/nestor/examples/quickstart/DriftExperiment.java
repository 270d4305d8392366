package nestor.examples.quickstart;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nestor.train.Experiment;
import nestor.train.Interval;
import nestor.train.Run;
import nestor.train.Settings;
import nestor.train.Table;

/// The quickstart under drift: how fast the nested learner, and the same network trained by AdamW
/// at its best rate, recover when the target's weights change.
public final class DriftExperiment implements Experiment {
  /// What `--set` may change.
  ///
  /// @param seeds how many seeds, from `--seed` on
  /// @param steps training steps
  /// @param drift the target's weights change every so many samples
  /// @param window over how many samples after each change the loss is averaged
  /// @param rates AdamW's rates, of which the best counts
  public record Sizes(int seeds, int steps, int drift, int window, List<Double> rates) {
    /// Sizes that make sense.
    public Sizes {
      Config.atLeast(1, "seeds", seeds);
      Config.atLeast(1, "drift", drift);
      Config.atLeast(drift, "steps", steps);
      Config.atLeast(1, "window", window);
      rates = List.copyOf(rates);
      if (rates.isEmpty() || rates.stream().anyMatch(rate -> !(rate > 0))) {
        throw new IllegalArgumentException("rates must be rates above 0, not " + rates);
      }
    }
  }

  @Override
  public String name() {
    return "quickstart-drift";
  }

  @Override
  public String summary() {
    return "quickstart under drift: the loss after each change, against AdamW at its best rate";
  }

  @Override
  public Duration expected() {
    return Duration.ofMinutes(3);
  }

  @Override
  public Settings settings() {
    List<Double> rates = List.of(1e-4, 3e-4, 6e-4, 1e-3, 2e-3, 3e-3, 1e-2, 3e-2);
    return Settings.of(new Sizes(10, 2000, 200, 50, rates))
        .with("seeds", "how many seeds, from --seed on")
        .with("steps", "training steps")
        .with("drift", "the target's weights change every so many samples")
        .with("window", "over how many samples after each change the loss is averaged")
        .with("rates", "AdamW's rates, of which the best counts");
  }

  @Override
  public Map<String, Double> run(Run run) {
    Sizes sizes = run.settings(Sizes.class);
    Config nested = Config.DEFAULT.with(sizes.steps).withDrift(sizes.drift);
    Config untuned = nested.with(Config.Kind.NESTED_UNTUNED);
    List<String> names = new ArrayList<>();
    List<Config> configs = new ArrayList<>();
    for (Config config : List.of(nested, untuned)) {
      names.add(config.learner().toString());
      configs.add(config);
      names.add(config.learner() + ", no meta-learning");
      configs.add(config.without(Mechanism.META_LEARNING));
    }
    int ours = configs.size();
    for (double rate : sizes.rates) {
      names.add("AdamW, rate " + new BigDecimal(String.valueOf(rate)).toPlainString());
      configs.add(nested.withAdamW(rate));
    }
    List<List<Double>> losses =
        Sweep.over(
            configs,
            sizes.seeds,
            run,
            (config, setup, beginning) -> afterChanges(config, setup, beginning, sizes.window));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      rows.add(List.of(names.get(i), Interval.of(losses.get(i)).toString(3)));
    }
    run.table(
        new Table(
            "Loss in the %d samples after each change, mean of %d seeds and 95 %% interval"
                .formatted(sizes.window, sizes.seeds),
            List.of("learner", "loss"),
            rows));
    return compare(run, sizes, losses.getFirst(), losses.subList(ours, losses.size()));
  }

  /// The mean loss of the samples that come right after a change, each before it is learned from.
  private static double afterChanges(
      Config config, Run.Setup setup, Learner.Beginning beginning, int window) {
    double[] sumAndCount = new double[2];
    Quickstart.train(
        config,
        setup,
        beginning,
        (i, step) -> {
          long next = i + 1L;
          if (next >= config.drift() && next % config.drift() < window) {
            sumAndCount[0] += step.next().loss();
            sumAndCount[1]++;
          }
        });
    return sumAndCount[0] / sumAndCount[1];
  }

  private static Map<String, Double> compare(
      Run run, Sizes sizes, List<Double> nested, List<List<Double>> adamw) {
    int best = 0;
    for (int i = 1; i < adamw.size(); i++) {
      double mean = Interval.of(adamw.get(i)).mean();
      if (Double.compare(mean, Interval.of(adamw.get(best)).mean()) < 0) { // NaN is the largest
        best = i;
      }
    }
    List<Double> ratios = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < sizes.seeds; i++) {
      double ours = nested.get(i);
      double theirs = adamw.get(best).get(i);
      ratios.add(theirs / ours);
      rows.add(
          List.of(
              String.valueOf(run.seed() + i), number(ours), number(theirs), number(theirs / ours)));
    }
    run.out().println();
    run.table(
        new Table(
            "Seed by seed, AdamW at its best rate " + sizes.rates.get(best),
            List.of("seed", "nested", "AdamW", "ratio"),
            rows));
    Interval ratio = Interval.of(ratios);
    run.out().println("AdamW's loss over the nested learner's: " + ratio.toString(2));
    run.out().println();
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("nested", Interval.of(nested).mean());
    metrics.put("adamw", Interval.of(adamw.get(best)).mean());
    metrics.put("adamwRate", sizes.rates.get(best));
    metrics.put("ratio", ratio.mean());
    return metrics;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
