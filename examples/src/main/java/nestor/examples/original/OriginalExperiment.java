package nestor.examples.original;

import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
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
  private static final int INPUT = 4;
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
    SeedModel.Sizes sizes = new SeedModel.Sizes(INPUT, 1, config.width, config.layers);
    SeedTraining now =
        SeedTraining.start(
            SeedModel.init(key.fold("model"), config.dtype, sizes),
            RateGenerator.init(key.fold("meta-optimizer"), config.dtype));
    run.out()
        .printf(
            "%6s %12s %12s %10s %10s %12s%n",
            "step", "loss", "meta-loss", "rate", "momentum", "grad norm");
    for (int i = 0; i < config.steps; i++) {
      Data data = Data.draw(key.fold("train").fold(i), config.dtype, config.batch);
      Step step = now.step(data.x, data.y);
      now = step.next();
      run.metrics(i, step.figures().byName());
      if (i % 10 == 0) {
        print(run.out(), i, step.figures());
      }
      run.progress(i + 1, config.steps, "loss %.4f".formatted(step.figures().loss()));
    }
    return test(run, now, Data.draw(key.fold("test"), config.dtype, TESTS));
  }

  private static void print(PrintStream out, int step, Figures f) {
    out.printf(
        Locale.ROOT,
        "%6d %12.6f %12.6f %10.6f %10.6f %12.6f%n",
        step,
        f.loss(),
        f.metaLoss(),
        f.rate(),
        f.momentum(),
        f.gradNorm());
  }

  private static Map<String, Double> test(Run run, SeedTraining trained, Data data) {
    Prediction prediction = trained.predict(data.x);
    double testLoss = Losses.mse(prediction.value(), data.y).item();
    double[] predicted = prediction.value().toDoubles();
    double[] targets = data.y.toDoubles();
    PrintStream out = run.out();
    out.printf(Locale.ROOT, "%ntest loss on %,d fresh samples: %.6f%n", TESTS, testLoss);
    for (int i = 0; i < 3; i++) {
      out.printf(Locale.ROOT, "  predicted %9.4f   target %9.4f%n", predicted[i], targets[i]);
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("testLoss", testLoss);
    return metrics;
  }

  /// Samples x `[count, 4]` and targets y `[count, 1]`.
  private record Data(Tensor x, Tensor y) {
    static Data draw(Key key, DType dtype, int count) {
      Tensor x = key.fold("x").normal(dtype, count, INPUT);
      Tensor noise = key.fold("noise").normal(dtype, count, 1).times(0.01);
      return new Data(x, x.sumKeepDims(-1).plus(noise));
    }
  }
}
