package nestor.meta;

import static nestor.autodiff.Transform.vjp;

import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The optimizers that treat each element by itself, against their formulas.
class ElementwiseOptimizersTest {
  private static final Tally TALLY = new Tally("elementwise optimizers against their formulas");
  private static final int STEPS = 7;
  private static final Tensor START = Key.of(81).normal(DType.FLOAT64, 2, 3);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor gradient(int t) {
    return Key.of(82).fold(t).normal(DType.FLOAT64, 2, 3);
  }

  /// One number, the state of its optimizer, and a step.
  private interface Rule {
    /// @param state two numbers of the rule's own, 0 at first
    double next(double theta, double g, double[] state);
  }

  private static void check(Optimizer optimizer, Rule rule) {
    var state = optimizer.start(START);
    double[] theta = START.toDoubles();
    double[][] own = IntStream.range(0, 6).mapToObj(i -> new double[2]).toArray(double[][]::new);
    for (int t = 0; t < STEPS; t++) {
      state = optimizer.next(state, gradient(t));
      double[] g = gradient(t).toDoubles();
      for (int i = 0; i < theta.length; i++) {
        theta[i] = rule.next(theta[i], g[i], own[i]);
      }
      TALLY.near(1e-13, Tensor.of(theta).reshape(2, 3), state.params());
    }
  }

  @Test
  void stepsFollowTheFormulas() {
    check(Sgd.withRate(0.3), (x, g, s) -> x - 0.3 * g);
    check(Sgd.withRate(0.3).withWeightDecay(0.1), (x, g, s) -> x - 0.3 * (g + 0.1 * x));
    check(
        new Momentum(Tensor.scalar(0.3), Tensor.scalar(0.8)),
        (x, g, s) -> {
          s[0] = 0.8 * s[0] - 0.3 * g;
          return x + s[0];
        });
    check(
        AdaGrad.withRate(0.3),
        (x, g, s) -> {
          s[0] += g * g;
          return x - 0.3 * g / (Math.sqrt(s[0]) + 1e-10);
        });
    check(
        RmsProp.withRate(0.3),
        (x, g, s) -> {
          s[0] = 0.99 * s[0] + 0.01 * g * g;
          return x - 0.3 * g / (Math.sqrt(s[0]) + 1e-8);
        });
  }

  /// PyTorch's: b ← μ b + g, θ ← θ − rate (g + μ b).
  @Test
  void nesterovIsPyTorchs() {
    check(
        new Nesterov(Tensor.scalar(0.3), Tensor.scalar(0.8)),
        (x, g, s) -> {
          s[0] = 0.8 * s[0] + g;
          return x - 0.3 * (g + 0.8 * s[0]);
        });
  }

  /// Sutskever's: the velocity takes the gradient at θ + μ v, where the parameters that look ahead
  /// are.
  @Test
  void nesterovLooksAhead() {
    Nesterov nesterov = new Nesterov(Tensor.scalar(0.2), Tensor.scalar(0.7));
    var state = nesterov.start(Tensor.of(1.0, -2));
    double[] theta = {1, -2};
    double[] v = new double[2];
    for (int t = 0; t < STEPS; t++) {
      state = nesterov.next(state, state.params().times(Tensor.of(1.0, 3)));
      for (int i = 0; i < 2; i++) {
        v[i] = 0.7 * v[i] - 0.2 * (i == 0 ? 1 : 3) * (theta[i] + 0.7 * v[i]);
        theta[i] += v[i];
      }
      Tensor ahead = Tensor.of(theta[0] + 0.7 * v[0], theta[1] + 0.7 * v[1]);
      TALLY.near(1e-13, ahead, state.params());
    }
  }

  /// The first step's derivative for a gradient of 0, −rate / epsilon, which a root without a guard
  /// would make NaN.
  @Test
  void derivativesAtZeroGradientsAreTheStepsOwn() {
    Adam adam =
        new Adam(
            Tensor.scalar(0.3),
            Tensor.scalar(0.9),
            Tensor.scalar(0.99),
            Tensor.scalar(0.5),
            Tensor.scalar(0.0));
    RmsProp rmsProp = new RmsProp(Tensor.scalar(0.3), Tensor.scalar(0.9), Tensor.scalar(0.5));
    AdaGrad adaGrad = new AdaGrad(Tensor.scalar(0.3), Tensor.scalar(0.5));
    for (Optimizer optimizer : new Optimizer[] {adam, rmsProp, adaGrad}) {
      var step =
          vjp((Tensor g) -> optimizer.next(optimizer.start(START), g).params(), START.zerosLike());
      Tensor slope = step.pullback().apply(START.onesLike());
      TALLY.near(1e-14, START.onesLike().times(-0.6), slope);
    }
  }
}
