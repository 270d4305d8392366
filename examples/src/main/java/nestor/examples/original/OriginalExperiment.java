package nestor.examples.original;

import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Losses;
import nestor.examples.original.SeedTraining.Figures;
import nestor.examples.original.SeedTraining.Prediction;
import nestor.examples.original.SeedTraining.Step;
import nestor.train.Experiment;
import nestor.train.Run;
import nestor.train.Settings;

/// The program that this project started from, rebuilt exactly: x standard normal in R⁴, y = Σ x +
/// 0.01 noise, batch 1, width 32, two layers.
public final class OriginalExperiment implements Experiment {
  private static final int TESTS = 1000;

  /// What `--set` may change.
  ///
  /// @param steps training steps
  /// @param width the network's width
  /// @param layers the number of layers
  /// @param batch samples per step
  /// @param dtype the element type of all tensors
  public record Config(int steps, int width, int layers, int batch, DType dtype) {
    /// Settings that make sense.
    public Config {
      if (steps < 0 || width < 1 || layers < 1 || batch < 1) {
        throw new IllegalArgumentException(
            "steps must be at least 0, width, layers and batch at least 1, not %d, %d, %d and %d"
                .formatted(steps, width, layers, batch));
      }
      if (!dtype.isFloat()) {
        throw new IllegalArgumentException("dtype must be float32 or float64, not " + dtype);
      }
    }
  }

  @Override
  public String name() {
    return "original";
  }

  @Override
  public String summary() {
    return "nested-learning-framework 1.0, rebuilt exactly, dead ends included";
  }

  @Override
  public Duration expected() {
    return Duration.ofSeconds(3);
  }

  @Override
  public Settings settings() {
    return Settings.of(new Config(100, 32, 2, 1, DType.FLOAT32))
        .with("steps", "training steps")
        .with("width", "the network's width")
        .with("layers", "the number of layers")
        .with("batch", "samples per step; the original's memory mixes them")
        .with("dtype", "float32, as the original ran, or float64, as its traces were made");
  }

  @Override
  public Map<String, Double> run(Run run) {
    Config config = run.settings(Config.class);
    Key key = Tree.map(Key.of(run.seed()), words -> words.on(run.backend()));
    SeedModel.Sizes sizes = new SeedModel.Sizes(Data.INPUT, 1, config.width, config.layers);
    SeedTraining now =
        SeedTraining.start(
            SeedModel.init(key.fold("model"), config.dtype, sizes),
            RateGenerator.init(key.fold("meta-optimizer"), config.dtype));
    run.out()
        .printf(
            "%6s %12s %12s %10s %10s %12s%n",
            "step", "loss", "meta-loss", "rate", "momentum", "grad norm");
    BiFunction<SeedTraining, Key, Taken> step =
        run.mode().step((state, sample) -> take(state, sample, config));
    Key train = key.fold("train");
    for (int i = 0; i < config.steps; i++) {
      Taken taken = step.apply(now, train.fold(i));
      now = taken.next;
      Map<String, Double> figures = taken.figures.byName();
      run.metrics(i, figures);
      if (i % 10 == 0) {
        print(run.out(), i, figures);
      }
      run.progress(i + 1, config.steps, "loss %.4f".formatted(figures.get("loss")));
    }
    return test(run, now, Data.draw(key.fold("test"), config.dtype, TESTS));
  }

  private record Taken(SeedTraining next, Figures figures) {}

  /// One step on samples of its own.
  private static Taken take(SeedTraining now, Key key, Config config) {
    Step step = now.step(Data.draw(key, config.dtype, config.batch));
    return new Taken(step.next(), step.figures());
  }

  private static void print(PrintStream out, int step, Map<String, Double> f) {
    out.printf(
        Locale.ROOT,
        "%6d %12.6f %12.6f %10.6f %10.6f %12.6f%n",
        step,
        f.get("loss"),
        f.get("metaLoss"),
        f.get("lr"),
        f.get("momentum"),
        f.get("gradNorm"));
  }

  private static Map<String, Double> test(Run run, SeedTraining trained, Data data) {
    Prediction prediction = trained.predict(data.x());
    double testLoss = Losses.mse(prediction.value(), data.y()).item();
    double[] predicted = prediction.value().toDoubles();
    double[] targets = data.y().toDoubles();
    PrintStream out = run.out();
    out.printf(Locale.ROOT, "%ntest loss on %,d fresh samples: %.6f%n", TESTS, testLoss);
    for (int i = 0; i < 3; i++) {
      out.printf(Locale.ROOT, "  predicted %9.4f   target %9.4f%n", predicted[i], targets[i]);
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("testLoss", testLoss);
    return metrics;
  }
}
