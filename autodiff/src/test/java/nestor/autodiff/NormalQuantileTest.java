package nestor.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// [NormalQuantile] at every size of probability that a draw can have, the far tails included.
@TestInstance(Lifecycle.PER_CLASS)
class NormalQuantileTest {
  private static final int GRID = 1 << 23;

  private int checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: normal quantiles against the error function%n", checks);
  }

  /// The quantile of p ≤ ½ by Newton's method on Φ, which is well conditioned at a given p: the
  /// relative error of Φ, some 1e-15, is divided by |z| or less.
  private static double byNewton(double p) {
    double z = p < 0.02 ? -Math.sqrt(-2 * Math.log(p)) : 0;
    for (int i = 0; i < 60; i++) {
      double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
      double step = (0.5 * Erf.erfc(-z / Math.sqrt(2)) - p) / density;
      z -= step;
      if (Math.abs(step) <= 1e-15 * Math.abs(z)) {
        break;
      }
    }
    return z;
  }

  @Test
  void doubleQuantilesInvertTheDistributionFunction() {
    for (int exponent = 1; exponent <= 53; exponent++) {
      for (int i = 0; i < 64; i++) {
        double p = Math.scalb(1 + (i + 0.37) / 64, -exponent - 1);
        double z = byNewton(p);
        assertEquals(z, NormalQuantile.of(p), 1e-14 * Math.max(1, -z), "p = " + p);
        checks++;
      }
    }
  }

  /// No draw of `float32` comes as far out as this.
  @Test
  void floatQuantilesAreGoodBelowTheGridToo() {
    for (int exponent = 24; exponent <= 120; exponent++) {
      float p = Math.scalb(1.3f, -exponent);
      double z = NormalQuantile.of((double) p);
      assertEquals(z, NormalQuantile.of(p), -1e-6 * z, "p = " + p);
      checks++;
    }
  }

  @Test
  void upperQuantilesAreTheLowerOnesNegated() {
    for (int i = 0; i < 10_000; i++) {
      double p = (i * 431_123_456_789L + 0.5) * 0x1p-52;
      assertEquals(-NormalQuantile.of(p), NormalQuantile.of(1 - p), "p = " + p);
      checks++;
    }
    for (int i = 0; i < GRID / 2; i += 419) {
      float p = (i + 0.5f) * 0x1p-23f;
      assertEquals(-NormalQuantile.of(p), NormalQuantile.of(1 - p), "p = " + p);
      checks++;
    }
  }

  @Test
  void floatQuantilesAreTheDoubleOnesRoundedOnTheWholeGrid() {
    double worst = 0;
    for (int i = 0; i < GRID; i++) {
      float p = (i + 0.5f) * 0x1p-23f;
      double z = NormalQuantile.of((double) p);
      worst = Math.max(worst, Math.abs(NormalQuantile.of(p) - z) / Math.max(1, Math.abs(z)));
    }
    checks += GRID;
    assertTrue(worst <= 1e-6, "relative error " + worst);
  }
}
