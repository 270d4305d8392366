package nestor.meta;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [DeltaGradientDescent] is equations 56 and 57.
class DeltaGradientDescentTest {
  private static final Tally TALLY = new Tally("delta gradient descent against loops");
  private static final Key KEY = Key.of(95);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A layer, its inputs and the gradients for its outputs.
  private record Data(DeltaGradientDescent descent, Tensor w, Tensor x, Tensor g) {
    static Data random(DType dtype, int out, int in) {
      return new Data(
          DeltaGradientDescent.withRate(0.3),
          KEY.fold("w").normal(dtype, out, in),
          KEY.fold("x").normal(dtype, 4, in),
          KEY.fold("g").normal(dtype, 4, out));
    }

    Tensor run() {
      return descent.sequence(w, x, g).outputs();
    }
  }

  @Test
  void stepsFollowTheFormula() {
    for (int[] shape : new int[][] {{5, 2}, {2, 5}, {1, 3}, {3, 1}}) {
      Data data = Data.random(DType.FLOAT64, shape[0], shape[1]);
      double[][] w = (double[][]) data.w().toArray();
      double[][] xs = (double[][]) data.x().toArray();
      double[][] gs = (double[][]) data.g().toArray();
      Tensor all = data.run();
      Tensor one = data.w();
      for (int t = 0; t < 4; t++) {
        double[][] x = {xs[t]};
        double e = 0.3 / (1 + 0.3 * Naive.norm(x) * Naive.norm(x));
        double[][] outer = Naive.times(Naive.transpose(x), x);
        double[][] kept = Naive.sum(1, Naive.identity(xs[t].length, 1), -e, outer);
        double[][] g = Naive.transpose(new double[][] {gs[t]});
        w = Naive.sum(1, Naive.times(w, kept), -e, Naive.times(g, x));
        one = data.descent().next(one, data.x().get(t), data.g().get(t));
        TALLY.near(1e-13, Naive.tensor(w), one);
        TALLY.sameBits(one, all.get(t));
      }
      TALLY.sameBits(one, data.descent().sequence(data.w(), data.x(), data.g()).carry());
    }
  }

  /// Equation 56: the minimum of ⟨V x, g⟩ + ½ ‖V x‖² + ‖V − W‖² / (2 rate), at any ‖x‖.
  @Test
  void aStepIsTheMinimumOfItsObjective() {
    for (double size : new double[] {0.1, 1, 30}) {
      Data data = Data.random(DType.FLOAT64, 3, 4);
      Tensor x = data.x().get(0).times(size);
      Tensor g = data.g().get(0);
      Tensor next = data.descent().next(data.w(), x, g);
      Tensor slope =
          grad(
              (Tensor v) -> {
                Tensor y = v.matmul(x);
                Tensor far = v.minus(data.w()).square().sum().div(0.6);
                return y.dot(g).plus(y.square().sum().times(0.5)).plus(far);
              },
              next);
      TALLY.near(1e-10, slope.zerosLike(), slope);
    }
  }

  @Test
  void compiledStepsHaveTheSameBits() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Data data = Data.random(dtype, 3, 4);
      TALLY.sameBits(data.run(), compile(Data::run).apply(data));
      TALLY.equal(dtype, data.run().dtype());
    }
  }

  @Test
  void derivativesAreFiniteDifferences() {
    TALLY.derivatives(GradientCheck.STANDARD, Data::run, Data.random(DType.FLOAT64, 2, 3), 2);
  }

  /// At a rate of 1000, where gradient descent on ‖x‖ = 30 would explode.
  @Test
  void noRateIsTooLarge() {
    var descent = DeltaGradientDescent.withRate(1000);
    Tensor w = Tensor.ones(DType.FLOAT64, 2, 3);
    Tensor target = Tensor.of(1.0, -1);
    for (int t = 0; t < 2000; t++) {
      Tensor x = KEY.fold(t).normal(DType.FLOAT64, 3).times(30);
      w = descent.next(w, x, target.neg());
    }
    TALLY.one(w.square().sum().item() < 10, "W grew to " + w);
  }
}
