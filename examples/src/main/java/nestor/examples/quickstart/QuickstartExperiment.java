package nestor.examples.quickstart;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.examples.quickstart.SumStream.Samples;
import nestor.hope.HopeModel;
import nestor.meta.Level;
import nestor.train.Chart;
import nestor.train.Experiment;
import nestor.train.Explanation;
import nestor.train.Failure;
import nestor.train.Run;
import nestor.train.Settings;
import nestor.train.Table;

/// A nested learner on the problem of the original program: x standard normal in R⁴, y = Σ x + 0.01
/// noise, one sample at a time, width 32, two HOPE layers.
public final class QuickstartExperiment implements Experiment {
  private static final int PREDICTIONS = 5;
  private static final int RETRAINED = 100;
  private static final int LINES = 20;

  /// What the README of the original program prints, without its code giving it.
  static final double ACCEPTED = 0.0042;

  @Override
  public String name() {
    return "quickstart";
  }

  @Override
  public String summary() {
    return "a nested learner: memories, three clocks, a meta-optimizer trained through its updates";
  }

  @Override
  public Duration expected() {
    return Duration.ofSeconds(9);
  }

  @Override
  public Settings settings() {
    return Settings.of(Config.DEFAULT)
        .with("steps", "training steps of one sample each")
        .with("width", "the network's width")
        .with("layers", "the number of HOPE layers")
        .with("drift", "the target's weights change every so many samples; 0 for never")
        .with("ablate", "turns one mechanism off: " + ablations())
        .with(
            "learner",
            "nested, nested-untuned (all levels start alike), or adamw (the same network)")
        .with("memory", "each layer's: " + memories())
        .with("trunk", "what makes directions of the projections' gradients: " + optimizers())
        .with("optimizer", "the same for all other levels")
        .with("adamwRate", "AdamW's rate, with learner=adamw")
        .with("dtype", "float32 or float64");
  }

  private static String memories() {
    return String.join(
        ", ",
        Arrays.stream(LayerMemory.values())
            .filter(memory -> memory != LayerMemory.NONE)
            .map(LayerMemory::toString)
            .toList());
  }

  private static String optimizers() {
    return String.join(
        ", ", Arrays.stream(LevelOptimizer.values()).map(LevelOptimizer::toString).toList());
  }

  private static String ablations() {
    return String.join(", ", Arrays.stream(Mechanism.values()).map(Mechanism::toString).toList());
  }

  @Override
  public List<Chart> charts() {
    List<String> names =
        NestedLearner.levels(Config.DEFAULT).levels().stream().map(Level::name).toList();
    return List.of(
        new Chart(
            "Loss",
            "Of each sample before it is learned from. The meta-loss is that of the next sample,"
                + " after the step: the same curve, one step ahead. The noise alone makes 1e-4.",
            Chart.Scale.LOG,
            List.of("loss", "metaLoss")),
        new Chart(
            "Learning rate",
            "What each level's directions were multiplied by; generated anew for each write.",
            Chart.Scale.LOG,
            of("lr", names)),
        new Chart(
            "Momentum",
            "Of each level's memory of gradients; generated anew for each write.",
            Chart.Scale.LINEAR,
            of("momentum", names)),
        new Chart(
            "Gradient norm",
            "Each level's share of the gradient.",
            Chart.Scale.LOG,
            of("gradNorm", names)),
        new Chart(
            "Writes", "How often each level has written.", Chart.Scale.LOG, of("writes", names)),
        new Chart(
            "Meta-gradient norm",
            "Of the network that generates rates and momenta.",
            Chart.Scale.LOG,
            List.of("metaGradNorm")));
  }

  private static List<String> of(String figure, List<String> levels) {
    return levels.stream().map(level -> figure + "." + level).toList();
  }

  @Override
  public Optional<Explanation> explain(Run.Setup setup) {
    Config config = (Config) setup.settings();
    return config.isNested()
        ? Optional.of(QuickstartPaths.explain(config, setup))
        : Optional.empty();
  }

  @Override
  public Map<String, Double> run(Run run) {
    Config config = run.settings(Config.class);
    Run.Setup setup = run.setup();
    if (config.isNested()) {
      run.out().println(NestedLearner.optimizer(config));
      run.out().println();
    }
    run.out()
        .printf(
            "%6s %12s %12s %10s %10s %12s%n",
            "step", "loss", "meta-loss", "rate", "momentum", "grad norm");
    int every = Math.max(1, config.steps() / LINES);
    Config early = config.with(Math.min(RETRAINED, config.steps()));
    AtomicReference<Double> earlyLoss = new AtomicReference<>(Double.NaN);
    Quickstart trained =
        Quickstart.train(
            config,
            setup,
            (i, step) -> {
              run.metrics(i, step.figures());
              demandFinite(i, step.next().loss());
              if (i == early.steps() - 1) {
                earlyLoss.set(Quickstart.testLoss(early, setup, step.next().model()));
              }
              if (i % every == 0 || i == config.steps() - 1) {
                print(run, i, step.figures());
              }
              run.progress(
                  i + 1,
                  config.steps(),
                  String.format(Locale.ROOT, "loss %.1e", step.figures().get("loss")));
            });
    Map<String, Double> results = new LinkedHashMap<>();
    results.put("testLoss", test(run, trained));
    if (config.isNested()) {
      contributions(run, trained);
    }
    if (config.isNested()
        && config.ablate() == Mechanism.NONE
        && config.drift() == 0
        && config.steps() > 0) {
      retrained(run, early, Objects.requireNonNull(earlyLoss.get()));
    }
    run.out().println();
    return results;
  }

  private static void demandFinite(int step, double loss) {
    if (!Double.isFinite(loss)) {
      throw new Failure(
          "the training diverged: after step %d the loss is %s; --check-finite names the operator"
              .formatted(step, loss));
    }
  }

  private static void print(Run run, int step, Map<String, Double> f) {
    run.out()
        .printf(
            Locale.ROOT,
            "%6d %12.6f %12.6f %10.6f %10.6f %12.6f%n",
            step,
            f.get("loss"),
            f.get("metaLoss"),
            f.get("lr"),
            f.get("momentum"),
            f.get("gradNorm"));
  }

  private static double test(Run run, Quickstart trained) {
    Samples test = trained.test();
    double testLoss = trained.testLoss();
    run.out()
        .printf(
            Locale.ROOT,
            "%ntest loss on %,d fresh samples: %.6f%s%n%n",
            test.x().shape().dim(0),
            testLoss,
            trained.config().equals(Config.DEFAULT) ? "; accepted is at most " + ACCEPTED : "");
    double[] predicted = Quickstart.predict(trained.learner().model(), test.x()).toDoubles();
    double[] targets = test.y().toDoubles();
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < PREDICTIONS; i++) {
      rows.add(List.of(number("%.4f", predicted[i]), number("%.4f", targets[i])));
    }
    run.table(new Table("Five predictions", List.of("predicted", "target"), rows));
    return testLoss;
  }

  /// What each level learned: the test loss when its parameters are put back to where they began.
  private static void contributions(Run run, Quickstart trained) {
    NestedLearner learner = (NestedLearner) trained.learner();
    Samples test = trained.test();
    List<List<String>> rows = new ArrayList<>();
    List<Level> levels = learner.training().optimizer().levels().levels();
    for (int i = 0; i < levels.size(); i++) {
      HopeModel<?> undone = undone(levels.get(i), trained.initial(), learner.model());
      rows.add(
          List.of(
              levels.get(i).name(),
              String.valueOf(levels.get(i).period()),
              String.valueOf(trained.config().steps() / levels.get(i).period()),
              number("%.6f", Quickstart.loss(undone, test).item())));
    }
    run.out().println();
    run.table(
        new Table(
            "What each level learned",
            List.of("level", "period", "writes", "test loss with its writes undone"),
            rows));
  }

  private static HopeModel<?> undone(Level level, HopeModel<?> initial, HopeModel<?> trained) {
    Map<String, Tensor> began = Tree.toMap(initial);
    return Tree.mapWithPath(
        trained,
        (path, leaf) ->
            level.writes().stream().anyMatch(pattern -> pattern.covers(path))
                ? began.get(path)
                : leaf);
  }

  /// What each mechanism contributes: short trainings without it.
  ///
  /// @param whole the test loss of the whole learner
  private static void retrained(Run run, Config config, double whole) {
    List<Mechanism> mechanisms =
        Arrays.stream(Mechanism.values())
            .filter(off -> off != Mechanism.NONE && config.has(off))
            .toList();
    List<List<Double>> losses =
        Sweep.over(
            mechanisms.stream().map(config::without).toList(),
            1,
            run,
            (changed, setup, beginning) ->
                Quickstart.train(changed, setup, beginning, (i, step) -> {}).testLoss());
    List<List<String>> rows = new ArrayList<>();
    rows.add(row(Mechanism.NONE, whole));
    for (int i = 0; i < mechanisms.size(); i++) {
      rows.add(row(mechanisms.get(i), losses.get(i).getFirst()));
    }
    run.out().println();
    run.table(
        new Table(
            "What each mechanism contributes to the first %d steps".formatted(config.steps()),
            List.of("ablate", "what is trained", "test loss"),
            rows));
    if (config.equals(Config.DEFAULT.with(RETRAINED))) {
      run.out().println("Ten seeds and all steps: ./nestor run quickstart-ablation");
    }
  }

  private static List<String> row(Mechanism off, double loss) {
    return List.of(off.toString(), off.description(), number("%.6f", loss));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
