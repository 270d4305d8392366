package nestor.laws;

import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.RealDistribution;
import org.apache.commons.math3.distribution.UniformRealDistribution;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Numbers drawn look random, and keys that follow from one another look independent. Seeds are
/// fixed, so a statistic either passes or does not; bounds are four to five standard errors, and
/// probabilities must be above 1e-4.
@TestInstance(Lifecycle.PER_CLASS)
class RandomnessTest {
  private static final double LEAST = 1e-4;
  private static final int N = 100_000;

  private int checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: statistics of random numbers%n", checks);
  }

  private void assertNear(double expected, double actual, double bound, String what) {
    checks++;
    assertEquals(expected, actual, bound, what);
  }

  private void assertLikely(double probability, String what) {
    checks++;
    assertTrue(probability > LEAST, what + " has probability " + probability);
  }

  private void assertEquallyOften(long[] numbers, int kinds, String what) {
    long[] counts = new long[kinds];
    for (long number : numbers) {
      counts[(int) number]++;
    }
    double[] expected = new double[kinds];
    Arrays.fill(expected, (double) numbers.length / kinds);
    assertLikely(new ChiSquareTest().chiSquareTest(expected, counts), what);
  }

  private void assertUncorrelated(double[] x, double[] y, String what) {
    double correlation = new PearsonsCorrelation().correlation(x, y);
    assertNear(0, correlation, 4.5 / Math.sqrt(x.length), what);
  }

  private void assertDrawnFrom(RealDistribution distribution, double[] x, String what) {
    var test = new KolmogorovSmirnovTest();
    assertLikely(test.kolmogorovSmirnovTest(distribution, x, false), what);
  }

  @Test
  void uniformsAreUniform() {
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      double[] x = Key.of(21).uniform(dtype, N).toDoubles();
      assertNear(0.5, Arrays.stream(x).average().orElseThrow(), 4.5 / Math.sqrt(12.0 * N), "mean");
      assertDrawnFrom(new UniformRealDistribution(0, 1), x, dtype + " uniforms");
      assertUncorrelated(Arrays.copyOf(x, N - 1), Arrays.copyOfRange(x, 1, N), "neighbours");
    }
    double[] wide = Key.of(22).uniform(-3, 5, DType.FLOAT64, N).toDoubles();
    assertDrawnFrom(new UniformRealDistribution(-3, 5), wide, "uniforms of a range");
  }

  @Test
  void normalsAreNormal() {
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      double[] x = Key.of(23).normal(dtype, N).toDoubles();
      var statistics = new DescriptiveStatistics(x);
      assertNear(0, statistics.getMean(), 4.5 / Math.sqrt(N), "mean");
      assertNear(1, statistics.getVariance(), 4.5 * Math.sqrt(2.0 / N), "variance");
      assertNear(0, statistics.getSkewness(), 4.5 * Math.sqrt(6.0 / N), "skewness");
      assertNear(0, statistics.getKurtosis(), 4.5 * Math.sqrt(24.0 / N), "kurtosis");
      assertDrawnFrom(new NormalDistribution(0, 1), x, dtype + " normals");
      assertUncorrelated(Arrays.copyOf(x, N - 1), Arrays.copyOfRange(x, 1, N), "neighbours");
    }
  }

  @Test
  void integersAreEquallyOften() {
    for (int kinds : new int[] {2, 3, 7, 100, 1 << 10}) {
      assertEquallyOften(
          Key.of(24).choiceWithReplacement(kinds, N).toLongs(), kinds, "one of " + kinds);
      assertEquallyOften(
          Key.of(25).integers(-5, kinds - 5, N).plus(Tensor.of(5L)).toLongs(), kinds, "shifted");
    }
  }

  @Test
  void permutationsAreEquallyOften() {
    Key keys = Key.of(26).stackedSplit(24_000);
    long[] orders = vmap(key -> key.permutation(4), keys).toLongs();
    long[] ranks = new long[24_000];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] = rank(Arrays.copyOfRange(orders, 4 * i, 4 * i + 4));
    }
    assertEquallyOften(ranks, 24, "one of 24 orders");
  }

  /// The place of an order among all in lexicographic order.
  private static long rank(long[] order) {
    long rank = 0;
    for (int i = 0; i < order.length; i++) {
      long smaller = 0;
      for (int j = i + 1; j < order.length; j++) {
        smaller += order[j] < order[i] ? 1 : 0;
      }
      rank = rank * (order.length - i) + smaller;
    }
    return rank;
  }

  @Test
  void choicesTakeEveryNumberEquallyOften() {
    Key keys = Key.of(27).stackedSplit(20_000);
    Tensor chosen = vmap(key -> key.choice(10, 3), keys); // [keys, 3]
    for (int place = 0; place < 3; place++) {
      assertEquallyOften(chosen.slice(1, place, place + 1).toLongs(), 10, "place " + place);
    }
  }

  /// The first numbers of keys that are siblings, or parent and child.
  @Test
  void numbersOfRelatedKeysAreUncorrelated() {
    Key root = Key.of(28);
    Key children = root.stackedSplit(N);
    double[] own = vmap(key -> key.uniform(DType.FLOAT64), children).toDoubles();
    double[] second =
        vmap(key -> key.uniform(DType.FLOAT64, 2), children).slice(1, 1, 2).toDoubles();
    double[] parent = root.uniform(DType.FLOAT64, N).toDoubles();
    double[] folded = vmap(key -> key.fold(1).uniform(DType.FLOAT64), children).toDoubles();
    double[] foldedNext = vmap(key -> key.fold(2).uniform(DType.FLOAT64), children).toDoubles();
    double[] named = vmap(key -> key.fold("a").uniform(DType.FLOAT64), children).toDoubles();
    double[] split = vmap(key -> key.split(2).get(1).uniform(DType.FLOAT64), children).toDoubles();
    assertDrawnFrom(new UniformRealDistribution(0, 1), own, "first numbers of siblings");
    assertUncorrelated(Arrays.copyOf(own, N - 1), Arrays.copyOfRange(own, 1, N), "siblings");
    double[][] families = {own, second, parent, folded, foldedNext, named, split};
    for (int i = 0; i < families.length; i++) {
      for (int j = 0; j < i; j++) {
        assertUncorrelated(families[i], families[j], "families " + i + " and " + j);
      }
    }
  }

  @Test
  void oneBitOfTheSeedFlipsHalfOfTheWords() {
    int[] children = Key.of(29).stackedSplit(8).words().toInts();
    int[] folded = Key.of(29).fold("x").words().toInts();
    int flippedByAll = 0;
    for (int bit = 0; bit < 64; bit++) {
      Key other = Key.of(29 ^ 1L << bit);
      int flipped = flipped(children, other.stackedSplit(8).words().toInts());
      assertNear(512, flipped, 5 * 16, "bits flipped of 1024 by bit " + bit);
      flippedByAll += flipped(folded, other.fold("x").words().toInts());
    }
    assertNear(4096, flippedByAll, 5 * Math.sqrt(8192 / 4.0), "bits flipped of folded keys");
  }

  private static int flipped(int[] words, int[] others) {
    int flipped = 0;
    for (int i = 0; i < words.length; i++) {
      flipped += Integer.bitCount(words[i] ^ others[i]);
    }
    return flipped;
  }
}
