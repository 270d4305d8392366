package nestor.meta;

import static nestor.autodiff.Transform.grad;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// [Adam] is Kingma and Ba's algorithm, and can be differentiated.
@TestInstance(Lifecycle.PER_CLASS)
class AdamTest {
  private static final int STEPS = 6;

  /// Hyper-parameters far enough from their bounds to be moved about.
  private static final Adam MOVABLE =
      new Adam(
          Tensor.scalar(0.1),
          Tensor.scalar(0.8),
          Tensor.scalar(0.9),
          Tensor.scalar(0.02),
          Tensor.scalar(0.05));

  /// A short step: Adam bends sharply where a gradient changes its sign.
  private static final GradientCheck CHECK = new GradientCheck(1e-4, 1e-9);

  /// Parameters of two shapes.
  private record Params(Tensor weight, List<Tensor> biases) {
    static Params of(DType dtype, double... values) {
      Tensor all = Tensor.of(values).cast(dtype);
      return new Params(
          all.slice(0, 0, 4).reshape(2, 2),
          List.of(all.slice(0, 4, 5).reshape(), all.slice(0, 5, 7)));
    }

    static Params random(DType dtype, String name) {
      return of(dtype, Key.of(31).fold(name).normal(DType.FLOAT64, 7).toDoubles());
    }

    double[] values() {
      return Tree.leaves(this).stream()
          .map(leaf -> leaf.reshape(-1))
          .reduce((a, b) -> Tensor.concat(0, List.of(a, b)))
          .orElseThrow()
          .toDoubles();
    }
  }

  private int checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: Adam against its formulas%n", checks);
  }

  private void assertNear(double[] expected, double[] actual, double tolerance, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      double bound = tolerance * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], bound, what + ", element " + i);
      checks++;
    }
  }

  /// Algorithm 1 of the paper, number by number.
  private static double[] byHand(Adam adam, double[] start, double[][] gradients) {
    double b1 = adam.beta1().item();
    double b2 = adam.beta2().item();
    double[] theta = start.clone();
    for (int i = 0; i < theta.length; i++) {
      double m = 0;
      double v = 0;
      for (int t = 1; t <= gradients.length; t++) {
        double g = gradients[t - 1][i] + adam.weightDecay().item() * theta[i];
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        double meanHat = m / (1 - Math.pow(b1, t));
        double squareHat = v / (1 - Math.pow(b2, t));
        theta[i] -= adam.rate().item() * meanHat / (Math.sqrt(squareHat) + adam.epsilon().item());
      }
    }
    return theta;
  }

  private void assertFollowsTheFormula(Adam adam, DType dtype, double tolerance) {
    Params start = Params.random(dtype, "start");
    double[][] gradients = new double[STEPS][];
    Adam.State<Params> state = adam.start(start);
    for (int t = 0; t < STEPS; t++) {
      Params gradient = Params.random(dtype, "gradient " + t);
      gradients[t] = gradient.values();
      state = adam.next(state, gradient);
    }
    assertNear(byHand(adam, start.values(), gradients), state.params().values(), tolerance, "θ");
    assertEquals(STEPS, state.step().item());
    Tree.leaves(state.params()).forEach(leaf -> assertEquals(dtype, leaf.dtype()));
  }

  @Test
  void stepsFollowTheFormula() {
    assertFollowsTheFormula(Adam.withRate(0.03), DType.FLOAT64, 1e-14);
    assertFollowsTheFormula(Adam.withRate(0.03).withWeightDecay(0.2), DType.FLOAT64, 1e-14);
    assertFollowsTheFormula(MOVABLE, DType.FLOAT64, 1e-14);
  }

  /// Six steps of about ten roundings each, 6e-8 wide.
  @Test
  void stepsOnFloat32FollowTheFormula() {
    assertFollowsTheFormula(Adam.withRate(0.03), DType.FLOAT32, 1e-6);
    assertFollowsTheFormula(Adam.withRate(0.03).withWeightDecay(0.2), DType.FLOAT32, 1e-6);
    assertFollowsTheFormula(MOVABLE, DType.FLOAT32, 1e-6);
  }

  @Test
  void defaultsAreThePapers() {
    Adam adam = Adam.withRate(0.5);
    double[] numbers = Tree.leaves(adam).stream().mapToDouble(Tensor::item).toArray();
    assertArrayEquals(new double[] {0.5, 0.9, 0.999, 1e-8, 0}, numbers);
    assertEquals(0.25, adam.withWeightDecay(0.25).weightDecay().item());
    checks += 2;
  }

  @Test
  void theFirstStepIsTheRateWhateverTheGradientsSize() {
    for (double size : new double[] {1e-3, 1, 1e6}) {
      var state = Adam.withRate(0.5).start(Tensor.of(1.0, -2));
      var next = Adam.withRate(0.5).next(state, Tensor.of(size, -size));
      assertNear(new double[] {0.5, -1.5}, next.params().toDoubles(), 1e-5, "size " + size);
    }
  }

  @Test
  void zeroGradientsMoveNothing() {
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      Adam adam = Adam.withRate(0.1);
      Params start = Params.random(dtype, "start");
      Adam.State<Params> state = adam.start(start);
      for (int t = 0; t < 3; t++) {
        state = adam.next(state, Tree.map(start, Tensor::zerosLike));
      }
      assertArrayEquals(start.values(), state.params().values());
      checks++;
    }
  }

  @Test
  void zeroGradientsLeaveTheWeightDecay() {
    Adam adam = Adam.withRate(0.1).withWeightDecay(0.3);
    Params start = Params.random(DType.FLOAT64, "start");
    var next = adam.next(adam.start(start), Tree.map(start, Tensor::zerosLike));
    double[] expected = byHand(adam, start.values(), new double[1][7]);
    assertNear(expected, next.params().values(), 1e-14, "θ");
  }

  private static Params afterThreeSteps(Adam adam) {
    Adam.State<Params> state = adam.start(Params.random(DType.FLOAT64, "start"));
    for (int t = 0; t < 3; t++) {
      state = adam.next(state, Params.random(DType.FLOAT64, "gradient " + t));
    }
    return state.params();
  }

  private <T> void assertDerivatives(Function<T, ?> f, T at, int order, String what) {
    for (var result : CHECK.check(f, at, order, Key.of(32))) {
      assertTrue(Math.abs(result.derivative()) > 1e-4, what + " has no derivative to speak of");
      checks++;
    }
  }

  @Test
  void hyperparametersHaveTheDerivativesOfFiniteDifferences() {
    Adam a = MOVABLE;
    assertDerivatives(
        (Tensor x) ->
            afterThreeSteps(new Adam(x, a.beta1(), a.beta2(), a.epsilon(), a.weightDecay())),
        a.rate(),
        1,
        "rate");
    assertDerivatives(
        (Tensor x) ->
            afterThreeSteps(new Adam(a.rate(), x, a.beta2(), a.epsilon(), a.weightDecay())),
        a.beta1(),
        2,
        "beta1");
    assertDerivatives(
        (Tensor x) ->
            afterThreeSteps(new Adam(a.rate(), a.beta1(), x, a.epsilon(), a.weightDecay())),
        a.beta2(),
        2,
        "beta2");
    assertDerivatives(
        (Tensor x) -> afterThreeSteps(new Adam(a.rate(), a.beta1(), a.beta2(), x, a.weightDecay())),
        a.epsilon(),
        2,
        "epsilon");
    assertDerivatives(
        (Tensor x) -> afterThreeSteps(new Adam(a.rate(), a.beta1(), a.beta2(), a.epsilon(), x)),
        a.weightDecay(),
        2,
        "weight decay");
  }

  @Test
  void theWholeOptimizerIsATreeToDifferentiate() {
    assertDerivatives(AdamTest::afterThreeSteps, MOVABLE, 2, "the optimizer");
  }

  /// Training on a loss, differentiated through its gradients for the start and the optimizer.
  private record Training(Adam adam, Params start) {
    Params after(int steps) {
      Adam.State<Params> state = adam.start(start);
      for (int t = 0; t < steps; t++) {
        state = adam.next(state, grad(Training::loss, state.params()));
      }
      return state.params();
    }

    private static Tensor loss(Params p) {
      Tensor out = p.weight().matmul(p.biases().get(1)).tanh().plus(p.biases().get(0));
      return out.minus(Tensor.of(2.0, -1)).square().mean();
    }
  }

  @Test
  void trainingsHaveTheDerivativesOfFiniteDifferences() {
    Training training = new Training(MOVABLE, Params.random(DType.FLOAT64, "start"));
    assertDerivatives((Training t) -> t.after(3), training, 2, "a training");
  }

  @Test
  void statesOfOneTreeKeepItsShapes() {
    Adam.State<Params> state = MOVABLE.start(Params.random(DType.FLOAT64, "start"));
    assertEquals(Shape.of(2, 2), state.meanSquare().weight().shape());
    assertEquals(Shape.SCALAR, state.mean().biases().get(0).shape());
    assertTrue(Tree.norm(state.mean()).item() == 0 && Tree.norm(state.meanSquare()).item() == 0);
    checks += 3;
  }
}
