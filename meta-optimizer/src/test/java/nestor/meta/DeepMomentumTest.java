package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.autodiff.nn.NewtonSchulz;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [DeepMomentum] gives normalized, orthogonalized directions of any scale of gradients.
class DeepMomentumTest {
  private static final Tally TALLY = new Tally("deep momentum against loops and one at a time");
  private static final Key KEY = Key.of(51);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Gradients of several shapes, some of which are stacked: `[5]` and `[1, 5]` are one shape.
  private static List<Tensor> gradients(int t) {
    Key key = KEY.fold(t);
    List<int[]> shapes =
        List.of(
            new int[] {3, 4},
            new int[] {5},
            new int[0],
            new int[] {3, 4},
            new int[] {4, 3},
            new int[] {1, 5},
            new int[] {3, 4},
            new int[] {5});
    List<Tensor> gradients = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      gradients.add(key.fold(i).normal(DType.FLOAT64, shapes.get(i)));
    }
    return gradients;
  }

  private static List<Tensor> scaled(List<Tensor> tensors, double factor) {
    return tensors.stream().map(t -> t.times(factor)).toList();
  }

  /// The last of some steps, their gradients times a factor.
  private static DeepMomentum.Step after(DeepMomentum optimizer, int steps, double factor) {
    DeepMomentum.State state = optimizer.start(KEY.fold("memories"), gradients(0));
    DeepMomentum.Step step = null;
    for (int t = 0; t < steps; t++) {
      step = optimizer.step(state, scaled(gradients(t), factor), Tensor.scalar(0.7));
      state = step.state();
    }
    return step;
  }

  @Test
  void linearMemoriesOfVectorsAreNormalizedMomentum() {
    DeepMomentum optimizer = new DeepMomentum(0, 0);
    DeepMomentum.State state = optimizer.start(KEY, List.of(Tensor.zeros(DType.FLOAT64, 6)));
    double[] mean = new double[6];
    for (int t = 0; t < 8; t++) {
      Tensor g = KEY.fold(t).normal(DType.FLOAT64, 6).times(Math.pow(10, t - 4.0));
      double[] now = g.toDoubles();
      double size = 0;
      for (double x : now) {
        size += x * x;
      }
      double length = 0;
      for (int i = 0; i < mean.length; i++) {
        mean[i] = 0.7 * mean[i] + 0.3 * now[i] / Math.sqrt(size);
        length += mean[i] * mean[i];
      }
      double[] expected = new double[6];
      for (int i = 0; i < mean.length; i++) {
        expected[i] = mean[i] / Math.sqrt(length);
      }
      var step = optimizer.step(state, List.of(g), Tensor.scalar(0.7));
      state = step.state();
      // The 1e-20 beside ‖g‖², 1e-8 in the first step, weighs 1e-12.
      TALLY.near(1e-12, Tensor.of(expected), step.directions().getFirst());
    }
  }

  @Test
  void linearMemoriesOfMatricesAreOrthogonalizedMomentum() {
    DeepMomentum optimizer = new DeepMomentum(0, 5);
    List<Tensor> means = gradients(0).stream().map(Tensor::zerosLike).toList();
    DeepMomentum.State state = optimizer.start(KEY, gradients(0));
    for (int t = 0; t < 5; t++) {
      List<Tensor> next = new ArrayList<>();
      List<Tensor> expected = new ArrayList<>();
      for (int i = 0; i < means.size(); i++) {
        Tensor g = gradients(t).get(i);
        double rows = g.shape().rank() == 2 ? g.shape().dim(0) : 1;
        Tensor u = g.times(Math.sqrt(rows) / Math.sqrt(g.square().sum().item()));
        Tensor mean = means.get(i).times(0.7).plus(u.times(0.3));
        next.add(mean);
        Tensor matrix = g.shape().rank() == 2 ? mean : mean.reshape(1, -1);
        expected.add(NewtonSchulz.cubic(matrix, 5, 0).reshape(g.shape()));
      }
      means = next;
      var step = optimizer.step(state, gradients(t), Tensor.scalar(0.7));
      state = step.state();
      TALLY.near(1e-14, expected, step.directions());
    }
  }

  /// Products of stacked matrices may be added up in another order: some roundings of 1e-16.
  @Test
  void stackedParametersMoveAsOneAtATime() {
    for (int hidden : new int[] {0, 3}) {
      DeepMomentum optimizer = new DeepMomentum(hidden, 5);
      Key key = KEY.fold("memories");
      DeepMomentum.State together = optimizer.start(key, gradients(0));
      List<DeepMomentum.State> alone = new ArrayList<>();
      for (int i = 0; i < gradients(0).size(); i++) {
        alone.add(alone(together, i));
      }
      for (int t = 0; t < 4; t++) {
        var all = optimizer.step(together, gradients(t), Tensor.scalar(0.7));
        together = all.state();
        for (int i = 0; i < alone.size(); i++) {
          var one =
              optimizer.step(alone.get(i), gradients(t).subList(i, i + 1), Tensor.scalar(0.7));
          alone.set(i, one.state());
          TALLY.near(1e-14, one.directions().getFirst(), all.directions().get(i));
        }
      }
    }
  }

  /// The memory of parameter i of [#gradients] alone, at its place in the stack of its shape.
  private static DeepMomentum.State alone(DeepMomentum.State together, int i) {
    int[] place = {0, 0, 0, 1, 0, 1, 2, 2};
    String[] shape = {"3, 4", "1, 5", "1, 1", "3, 4", "4, 3", "1, 5", "3, 4", "1, 5"};
    String name = "[" + shape[i] + "]";
    GradientMemory stack = together.memories().get(name);
    GradientMemory own = Tree.map(stack, leaf -> leaf.slice(0, place[i], place[i] + 1));
    return new DeepMomentum.State(Map.of(name, own));
  }

  @Test
  void directionsHaveNoSingularValueAboveOne() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (int hidden : new int[] {0, 4}) {
        for (int rank : new int[] {1, 2, 5}) {
          DeepMomentum optimizer = new DeepMomentum(hidden, 5);
          Tensor like = Tensor.zeros(dtype, 5, 7);
          DeepMomentum.State state = optimizer.start(KEY, List.of(like));
          for (int t = 0; t < 10; t++) {
            Tensor left = KEY.fold(t).fold("left").normal(dtype, 5, rank);
            Tensor right = KEY.fold(t).fold("right").normal(dtype, rank, 7);
            var step =
                optimizer.step(state, List.of(left.matmul(right)), Tensor.scalar(dtype, 0.6));
            state = step.state();
            double largest = largestSingularValue(step.directions().getFirst());
            TALLY.one(largest <= 1 + 1e-6, "a singular value of " + largest);
            TALLY.one(largest > 0.7, "not orthogonalized: at most " + largest);
          }
        }
      }
    }
  }

  private static double largestSingularValue(Tensor matrix) {
    Tensor m = matrix.cast(DType.FLOAT64);
    Tensor x = KEY.normal(DType.FLOAT64, m.shape().dim(1));
    for (int i = 0; i < 300; i++) {
      Tensor y = m.transpose().matmul(m.matmul(x));
      x = y.div(Math.sqrt(y.square().sum().item()));
    }
    return Math.sqrt(m.matmul(x).square().sum().item());
  }

  /// Only the 1e-20 beside ‖g‖² has a scale: 1e-8 of gradients of norm 1e-6, halved by the root.
  @Test
  void directionsDoNotDependOnTheGradientsScale() {
    for (int hidden : new int[] {0, 3}) {
      DeepMomentum optimizer = new DeepMomentum(hidden, 5);
      for (double factor : new double[] {1e-6, 1e-3, 1e6, 1e12}) {
        double tolerance = factor < 1e-3 ? 1e-7 : 1e-12;
        var expected = after(optimizer, 4, 1).directions();
        TALLY.near(tolerance, expected, after(optimizer, 4, factor).directions());
      }
    }
  }

  @Test
  void zeroGradientsGiveZeroDirectionsAndFiniteDerivatives() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (int hidden : new int[] {0, 3}) {
        DeepMomentum optimizer = new DeepMomentum(hidden, 5);
        List<Tensor> zeros =
            List.of(Tensor.zeros(dtype, 3, 4), Tensor.zeros(dtype, 5), Tensor.zeros(dtype));
        var start = optimizer.start(KEY, zeros);
        Tensor momentum = Tensor.scalar(dtype, 0.7);
        var step = optimizer.step(start, zeros, momentum);
        TALLY.sameBits(zeros, step.directions());
        TALLY.finite(step.state());
        var vjp =
            Transform.vjp(
                (At at) -> optimizer.step(at.state(), at.gradients(), at.momentum()),
                new At(start, zeros, momentum));
        TALLY.finite(vjp.pullback().apply(Tree.map(vjp.value(), Tensor::onesLike)));
      }
    }
  }

  @Test
  void ranksAboveTwoAreRefused() {
    DeepMomentum optimizer = new DeepMomentum(2, 5);
    List<Tensor> cube = List.of(Tensor.zeros(DType.FLOAT64, 2, 3, 4));
    TALLY.fails(() -> optimizer.start(KEY, cube), "vectors and matrices", "[2, 3, 4]");
  }

  @Test
  void directionsKeepTheParametersShapes() {
    List<Tensor> gradients = gradients(0);
    List<Tensor> directions = after(new DeepMomentum(2, 5), 1, 1).directions();
    for (int i = 0; i < gradients.size(); i++) {
      TALLY.equal(gradients.get(i).shape(), directions.get(i).shape());
    }
    TALLY.equal(Shape.SCALAR, directions.get(2).shape());
  }

  /// What a step depends on.
  private record At(DeepMomentum.State state, List<Tensor> gradients, Tensor momentum) {
    List<Tensor> twoSteps(DeepMomentum optimizer) {
      var once = optimizer.step(state, gradients, momentum);
      var twice = optimizer.step(once.state(), DeepMomentumTest.gradients(1), momentum);
      return twice.directions();
    }
  }

  /// Normalized gradients bend sharply, so the steps of the differences are short.
  @Test
  void stepsHaveTheDerivativesOfFiniteDifferences() {
    for (int hidden : new int[] {0, 2}) {
      for (int iterations : new int[] {0, 3}) {
        DeepMomentum optimizer = new DeepMomentum(hidden, iterations);
        var state = after(optimizer, 2, 1).state();
        At at = new At(state, gradients(2), Tensor.scalar(0.7));
        GradientCheck check = new GradientCheck(1e-4, 1e-6);
        TALLY.derivatives(check, (At a) -> a.twoSteps(optimizer), at, 2);
        TALLY.derivatives(
            check,
            (Tensor m) -> new At(at.state(), at.gradients(), m).twoSteps(optimizer),
            at.momentum(),
            2);
      }
    }
  }
}
