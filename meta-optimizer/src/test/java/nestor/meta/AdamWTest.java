package nestor.meta;

import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [AdamW] is Loshchilov and Hutter's algorithm: it decays parameters, not gradients.
class AdamWTest {
  private static final Tally TALLY = new Tally("AdamW against its formulas");
  private static final int STEPS = 20;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static List<Tensor> random(String name, DType dtype) {
    Key key = Key.of(71).fold(name);
    return List.of(
        key.fold(0).normal(DType.FLOAT64, 2, 3).cast(dtype),
        key.fold(1).normal(DType.FLOAT64).cast(dtype));
  }

  private static List<Tensor> after(AdamW optimizer, int steps, DType dtype) {
    Adam.State<List<Tensor>> state = optimizer.start(random("start", dtype));
    for (int t = 0; t < steps; t++) {
      state = optimizer.next(state, random("gradient " + t, dtype));
    }
    return state.params();
  }

  @Test
  void aStepHasItsClosedForm() {
    // The first step of Adam is g / (|g| + ε) times the rate.
    AdamW optimizer = new AdamW(Adam.withRate(0.5), Tensor.scalar(0.2));
    var next = optimizer.next(optimizer.start(Tensor.of(2.0, -4)), Tensor.of(3.0, -0.25));
    double first = 2 * (1 - 0.5 * 0.2) - 0.5 * 3 / (3 + 1e-8);
    double second = -4 * (1 - 0.5 * 0.2) + 0.5 * 0.25 / (0.25 + 1e-8);
    TALLY.near(1e-15, Tensor.of(first, second), next.params());
  }

  /// Algorithm 2 as PyTorch has it, number by number.
  private static List<Tensor> byHand(double rate, double decay, int steps) {
    List<Tensor> start = random("start", DType.FLOAT64);
    return IntStream.range(0, start.size())
        .mapToObj(leaf -> {
          double[] theta = start.get(leaf).toDoubles();
          double[] m = new double[theta.length];
          double[] v = new double[theta.length];
          for (int t = 1; t <= steps; t++) {
            double[] g = random("gradient " + (t - 1), DType.FLOAT64).get(leaf).toDoubles();
            for (int i = 0; i < theta.length; i++) {
              theta[i] -= rate * decay * theta[i];
              m[i] = 0.9 * m[i] + 0.1 * g[i];
              v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
              double meanHat = m[i] / (1 - Math.pow(0.9, t));
              double squareHat = v[i] / (1 - Math.pow(0.999, t));
              theta[i] -= rate * meanHat / (Math.sqrt(squareHat) + 1e-8);
            }
          }
          return Tensor.of(start.get(leaf).shape(), theta);
        })
        .toList();
  }

  /// Twenty steps of about ten roundings each, and 1 − 0.999ᵗ, which loses three digits.
  @Test
  void stepsFollowTheAlgorithm() {
    for (double decay : new double[] {0, 0.01, 2}) {
      AdamW optimizer = new AdamW(Adam.withRate(0.05), Tensor.scalar(decay));
      List<Tensor> expected = byHand(0.05, decay, STEPS);
      TALLY.near(1e-12, expected, after(optimizer, STEPS, DType.FLOAT64));
      List<Tensor> rounded = expected.stream().map(leaf -> leaf.cast(DType.FLOAT32)).toList();
      TALLY.near(2e-6, rounded, after(optimizer, STEPS, DType.FLOAT32));
    }
  }

  @Test
  void withoutWeightDecayItIsAdam() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      Adam adam = Adam.withRate(0.05);
      Adam.State<List<Tensor>> state = adam.start(random("start", dtype));
      AdamW decoupled = new AdamW(adam, Tensor.scalar(0));
      Adam.State<List<Tensor>> other = decoupled.start(random("start", dtype));
      for (int t = 0; t < STEPS; t++) {
        state = adam.next(state, random("gradient " + t, dtype));
        other = decoupled.next(other, random("gradient " + t, dtype));
        TALLY.sameBits(state, other);
      }
    }
  }

  @Test
  void zeroGradientsLeaveTheDecay() {
    AdamW optimizer = new AdamW(Adam.withRate(0.1), Tensor.scalar(0.3));
    var state = optimizer.start(Tensor.of(2.0, -1));
    for (int t = 0; t < 3; t++) {
      state = optimizer.next(state, Tensor.of(0.0, 0));
    }
    double kept = Math.pow(0.97, 3);
    TALLY.near(1e-15, Tensor.of(2 * kept, -kept), state.params());
  }

  @Test
  void defaultsArePyTorchs() {
    TALLY.equal(0.01, AdamW.withRate(0.5).weightDecay().item());
    TALLY.equal(0.5, AdamW.withRate(0.5).adam().rate().item());
    TALLY.equal(0.0, AdamW.withRate(0.5).adam().weightDecay().item());
  }

  /// Rate and decay of a training of three steps.
  private record Numbers(Tensor rate, Tensor decay) {
    List<Tensor> trained() {
      Adam adam =
          new Adam(
              rate, Tensor.scalar(0.8), Tensor.scalar(0.9), Tensor.scalar(0.02), Tensor.scalar(0));
      return after(new AdamW(adam, decay), 3, DType.FLOAT64);
    }
  }

  @Test
  void rateAndWeightDecayHaveTheDerivativesOfFiniteDifferences() {
    Numbers at = new Numbers(Tensor.scalar(0.1), Tensor.scalar(0.4));
    GradientCheck check = GradientCheck.STANDARD;
    TALLY.derivatives(check, Numbers::trained, at, 2);
    TALLY.derivatives(check, (Tensor r) -> new Numbers(r, at.decay()).trained(), at.rate(), 2);
    TALLY.derivatives(check, (Tensor d) -> new Numbers(at.rate(), d).trained(), at.decay(), 1);
  }
}
