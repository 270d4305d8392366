package nestor.meta;

import static nestor.autodiff.Transform.grad;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [ContextFlow] keeps means and gives features; [StepGenerator] makes steps and momenta of them.
class ContextFlowTest {
  private static final Tally TALLY = new Tally("the flow of contexts and what is generated of it");
  private static final Key KEY = Key.of(61);
  private static final Levels LEVELS =
      Levels.of(
          Level.of("a", "a").from(0.02, 0.9),
          Level.of("b", "b").from(1, 0.5),
          Level.of("c", "c").from(30, 0.999));

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// mean_T = (1 − w)^T x₀ + Σ w (1 − w)^(T−t) x_t, some 20 roundings.
  @Test
  void meansHaveTheirClosedForm() {
    int steps = 20;
    double[][] x =
        IntStream.rangeClosed(0, steps)
            .mapToObj(t -> KEY.fold(t).normal(DType.FLOAT64, 3, 2).times(5).toDoubles())
            .toArray(double[][]::new);
    ContextFlow flow = ContextFlow.of(Tensor.of(Shape.of(3, 2), x[0]));
    for (int t = 1; t <= steps; t++) {
      flow = flow.with(Tensor.of(Shape.of(3, 2), x[t]));
    }
    TALLY.sameBits(Tensor.of(Shape.of(3, 2), x[steps]), flow.last());
    TALLY.near(1e-14, Tensor.of(Shape.of(3, 2), closedForm(x, 1 / 5.0)), flow.fast());
    TALLY.near(1e-14, Tensor.of(Shape.of(3, 2), closedForm(x, 1 / 50.0)), flow.slow());
    double[] best = new double[3];
    for (int row = 0; row < 3; row++) {
      best[row] = x[0][2 * row];
      for (int t = 1; t <= steps; t++) {
        double[] mean = closedForm(Arrays.copyOf(x, t + 1), 1 / 5.0);
        best[row] = Math.min(best[row], mean[2 * row]);
      }
    }
    TALLY.near(1e-14, Tensor.of(Shape.of(3, 1), best), flow.best());
  }

  private static double[] closedForm(double[][] x, double weight) {
    int last = x.length - 1;
    double[] mean = new double[x[0].length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = Math.pow(1 - weight, last) * x[0][i];
      for (int t = 1; t <= last; t++) {
        mean[i] += weight * Math.pow(1 - weight, last - t) * x[t][i];
      }
    }
    return mean;
  }

  @Test
  void featuresAreTrendsAndMeans() {
    ContextFlow flow =
        new ContextFlow(
            Tensor.of(Shape.of(1, 2), 8.0, 1),
            Tensor.of(Shape.of(1, 2), 4.0, -3),
            Tensor.of(Shape.of(1, 2), 2.0, 5),
            Tensor.of(Shape.of(1, 1), -2.0));
    TALLY.sameBits(Tensor.of(Shape.of(1, 7), 1.0, 1, 0.5, -2, 1, -0.75, 1.5), flow.features());
    TALLY.equal(ContextFlow.FEATURES, flow.features().shape().dim(1));
  }

  @Test
  void aSteadyFlowHasNoTrends() {
    Tensor x = KEY.normal(DType.FLOAT32, 3, 2);
    ContextFlow flow = ContextFlow.of(x);
    for (int t = 0; t < 5; t++) {
      flow = flow.with(x);
      TALLY.sameBits(Tensor.zeros(DType.FLOAT32, 3, 1), flow.features().slice(1, 6, 7));
      TALLY.sameBits(Tensor.zeros(DType.FLOAT32, 3, 4), flow.features().slice(1, 0, 4));
    }
  }

  /// The logarithms of the least and the largest losses that there can be.
  @Test
  void featuresAreFinite() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      ContextFlow flow = ContextFlow.of(Tensor.full(dtype, Math.log(1e-24), 3, 2));
      for (double loss : new double[] {1e30, 1e-24, 1e30}) {
        flow = flow.with(Tensor.full(dtype, Math.log(loss), 3, 2));
        TALLY.finite(flow.features());
        TALLY.finite(
            withHead(dtype)
                .at(Tensor.concat(0, List.of(flow.features(), flow.features().slice(0, 0, 2)))));
      }
    }
  }

  private static StepGenerator withHead(DType dtype) {
    StepGenerator start = StepGenerator.init(KEY, dtype, LEVELS, List.of(2));
    Tensor head = KEY.fold("head").normal(dtype, 3, start.head().shape().dim(1)).div(4);
    return new StepGenerator(
        start.hidden(),
        head,
        start.step(),
        start.momentum(),
        List.of(KEY.fold("scale").normal(dtype, 2)));
  }

  private static Tensor features(int number) {
    return KEY.fold("features").fold(number).normal(DType.FLOAT64, 5, 7);
  }

  /// exp and log, σ and logit undo each other to some roundings, in float32 of 6e-8.
  @Test
  void generationStartsFromWhatLevelsDeclareWhateverTheContext() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      StepGenerator generator = StepGenerator.init(KEY, dtype, LEVELS, List.of(2));
      for (int i = 0; i < 3; i++) {
        var generated = generator.at(features(i).cast(dtype));
        double tolerance = dtype == DType.FLOAT64 ? 1e-15 : 1e-6;
        TALLY.near(tolerance, Tensor.of(0.02, 1, 30).cast(dtype), generated.step());
        TALLY.near(tolerance, Tensor.of(0.9, 0.5, 0.999).cast(dtype), generated.momentum());
        TALLY.sameBits(List.of(Tensor.ones(dtype, 2)), generated.scales());
      }
    }
  }

  @Test
  void generationFollowsItsFormula() {
    StepGenerator generator = withHead(DType.FLOAT64);
    Tensor features = features(0);
    double[][] weight = (double[][]) generator.hidden().weight().toArray();
    double[][] head = (double[][]) generator.head().toArray();
    double[] bias = generator.hidden().bias().toDoubles();
    double[] step = new double[3];
    double[] scale = new double[2];
    double[] momentum = new double[3];
    for (int level = 0; level < 5; level++) {
      double[] x = features.get(level).toDoubles();
      double[] r = new double[3];
      for (int h = 0; h < bias.length; h++) {
        double sum = bias[h];
        for (int i = 0; i < x.length; i++) {
          sum += weight[h][i] * x[i];
        }
        r[0] += head[0][h] * Math.tanh(sum);
        r[1] += head[1][h] * Math.tanh(sum);
        r[2] += head[2][h] * Math.tanh(sum);
      }
      if (level >= 3) {
        scale[level - 3] = r[2] + generator.scales().getFirst().get(level - 3).item();
        continue;
      }
      step[level] = Math.exp(generator.step().get(level).item() + r[0]);
      momentum[level] = 1 / (1 + Math.exp(-generator.momentum().get(level).item() - r[1]));
    }
    TALLY.near(1e-14, Tensor.of(step), generator.at(features).step());
    TALLY.near(1e-14, Tensor.of(momentum), generator.at(features).momentum());
    double half = (scale[0] - scale[1]) / 2;
    Tensor scales = generator.at(features).scales().getFirst();
    TALLY.near(1e-14, Tensor.of(Math.exp(half), Math.exp(-half)), scales);
  }

  @Test
  void everyParameterOfTheGeneratorIsReachedOnceTheHeadIsNotZero() {
    StepGenerator gradient =
        grad(
            (StepGenerator g) -> {
              var out = g.at(features(0));
              Tensor scale = out.scales().getFirst().square().sum();
              return out.step().plus(out.momentum()).sum().plus(scale);
            },
            withHead(DType.FLOAT64));
    Tree.toMap(gradient)
        .forEach((path, leaf) -> {
          for (double g : leaf.toDoubles()) {
            TALLY.one(g != 0, path + " has a gradient of 0");
          }
        });
  }

  @Test
  void generationHasTheDerivativesOfFiniteDifferences() {
    Tensor features = features(0);
    TALLY.derivatives(
        GradientCheck.STANDARD, (StepGenerator g) -> g.at(features), withHead(DType.FLOAT64), 2);
  }
}
