package nestor.meta;

import static nestor.autodiff.Transform.vjp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// [GradientClip] against its closed form.
@TestInstance(Lifecycle.PER_CLASS)
class GradientClipTest {
  private int checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: clipped gradients%n", checks);
  }

  /// A gradient of norm 13.
  private static List<Tensor> gradient(DType dtype) {
    return List.of(
        Tensor.of(3.0, -4).cast(dtype), Tensor.fromArray(new double[][] {{12}, {0}}).cast(dtype));
  }

  private static double[] values(List<Tensor> gradient) {
    return Tensor.concat(0, gradient.stream().map(leaf -> leaf.reshape(-1)).toList()).toDoubles();
  }

  @Test
  void gradientsBelowTheLimitKeepTheirBits() {
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      for (double limit : new double[] {13.001, 20, 1e9}) {
        List<Tensor> clipped = GradientClip.byGlobalNorm(gradient(dtype), limit);
        assertArrayEquals(new double[] {3, -4, 12, 0}, values(clipped));
        assertEquals(dtype, clipped.getFirst().dtype());
        checks++;
      }
    }
  }

  @Test
  void gradientsAboveTheLimitAreScaledByOneFactor() {
    for (double limit : new double[] {1e-3, 1, 5, 12.999}) {
      double factor = limit / (13 + 1e-6);
      double[] expected = {3 * factor, -4 * factor, 12 * factor, 0};
      List<Tensor> wide = GradientClip.byGlobalNorm(gradient(DType.FLOAT64), limit);
      assertArrayEquals(expected, values(wide), 1e-14 * limit);
      assertEquals(limit * 13 / (13 + 1e-6), Tree.norm(wide).item(), 1e-14 * limit);
      List<Tensor> narrow = GradientClip.byGlobalNorm(gradient(DType.FLOAT32), limit);
      assertArrayEquals(expected, values(narrow), 4e-7 * limit);
      checks += 3;
    }
  }

  /// The 1e-6 in the factor counts where the norm is as small as that.
  @Test
  void smallGradientsAreHeldBelowTheLimit() {
    List<Tensor> clipped = GradientClip.byGlobalNorm(List.of(Tensor.of(3e-6, -4e-6)), 1e-6);
    assertArrayEquals(new double[] {0.5e-6, -4e-6 / 6}, values(clipped), 1e-20);
    checks++;
  }

  @Test
  void zeroGradientsStayZero() {
    List<Tensor> zero = Tree.map(gradient(DType.FLOAT64), Tensor::zerosLike);
    assertArrayEquals(new double[4], values(GradientClip.byGlobalNorm(zero, 1)));
    checks++;
  }

  @Test
  void leavesAreScaledByTheirOwnNorms() {
    double[] expected = {3, -4, 12 * 6 / (12 + 1e-6), 0}; // of norms 5 and 12
    assertArrayEquals(expected, values(GradientClip.byLeafNorm(gradient(DType.FLOAT64), 6)), 1e-14);
    assertArrayEquals(expected, values(GradientClip.byLeafNorm(gradient(DType.FLOAT32), 6)), 2e-6);
    checks += 2;
  }

  @Test
  void elementsAreHeldBetweenTheLimits() {
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      double[] expected = {3, -3.5, 3.5, 0};
      assertArrayEquals(expected, values(GradientClip.byValue(gradient(dtype), 3.5)));
      checks++;
    }
  }

  /// A limit and a gradient, both of which have derivatives.
  private record Limited(Tensor limit, List<Tensor> gradient) {}

  @Test
  void limitsHaveTheDerivativesOfFiniteDifferences() {
    Limited at = new Limited(Tensor.scalar(4.5), gradient(DType.FLOAT64));
    List<Function<Limited, List<Tensor>>> clips =
        List.of(
            c -> GradientClip.byGlobalNorm(c.gradient(), c.limit()),
            c -> GradientClip.byLeafNorm(c.gradient(), c.limit()),
            c -> GradientClip.byValue(c.gradient(), c.limit()));
    for (Function<Limited, List<Tensor>> clip : clips) {
      for (var result : GradientCheck.STANDARD.check(clip, at, 1, Key.of(34))) {
        assertTrue(Math.abs(result.derivative()) > 1e-3, result.toString());
        checks++;
      }
    }
  }

  @Test
  void zeroGradientsHaveTheDerivative1() {
    List<Tensor> zero = Tree.map(gradient(DType.FLOAT64), Tensor::zerosLike);
    List<UnaryOperator<List<Tensor>>> clips =
        List.of(
            g -> GradientClip.byGlobalNorm(g, 1),
            g -> GradientClip.byLeafNorm(g, 1),
            g -> GradientClip.byValue(g, 1));
    for (UnaryOperator<List<Tensor>> clip : clips) {
      List<Tensor> slope = vjp(clip, zero).pullback().apply(gradient(DType.FLOAT64));
      assertArrayEquals(new double[] {3, -4, 12, 0}, values(slope));
      checks++;
    }
  }

  @Test
  void clippedGradientsHaveTheDerivativesOfFiniteDifferences() {
    for (double limit : new double[] {2, 50}) {
      List<Tensor> at = gradient(DType.FLOAT64);
      int orders = limit < 13 ? 2 : 1;
      checks +=
          GradientCheck.STANDARD
              .check(
                  (List<Tensor> g) -> GradientClip.byGlobalNorm(g, limit), at, orders, Key.of(33))
              .size();
    }
  }
}
