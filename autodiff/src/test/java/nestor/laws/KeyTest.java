package nestor.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Random;
import nestor.autodiff.Sample;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// What a key gives is a pure function of its words, in documented steps from Philox's own. How
/// random it looks is for [RandomnessTest], what keys of keys are for [KeyFamilyTest].
@TestInstance(Lifecycle.PER_CLASS)
class KeyTest {
  private static final NormalDistribution NORMAL = new NormalDistribution(0, 1);

  private long checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: random numbers as functions of a key%n", checks);
  }

  private static int[] words(Key key, int domain, int start, int count) {
    var words = new Random(new Random.Words(domain, start), Shape.of(count));
    return Sample.of(words, key.words()).run().toInts();
  }

  /// The file `kat_vectors` of Random123, the generator's home: counter, key, result.
  @Test
  void wordsArePhiloxsKnownAnswers() {
    int[][][] vectors = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{-1, -1, -1, -1}, {-1, -1}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
        {0xa4093822, 0x299f31d0},
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}
      }
    };
    for (int[][] vector : vectors) {
      int[] counter = vector[0];
      Key key = new Key(Tensor.of(vector[1][0], vector[1][1], counter[2], counter[3]));
      assertArrayEquals(vector[2], words(key, counter[1], counter[0], 4));
      checks++;
    }
    assertArrayEquals(
        new int[] {0x89abcdef, 0x01234567, 0, 0}, Key.of(0x0123456789abcdefL).words().toInts());
  }

  @Test
  void wordsOfLaterBlocksAreThoseOfLaterCounters() {
    int[] stream = words(Key.of(3), 0, 0, 400);
    for (int block = 0; block < 100; block++) {
      checks++;
      assertArrayEquals(
          Arrays.copyOfRange(stream, 4 * block, 4 * block + 4), words(Key.of(3), 0, block, 4));
    }
  }

  @Test
  void uniformsAreTheLeadingBitsOfWords() {
    Key key = Key.of(11);
    int n = 100_001;
    int[] words = words(key, 0, 0, 2 * n);
    double[] wide = key.uniform(DType.FLOAT64, n).toDoubles();
    float[] narrow = key.uniform(DType.FLOAT32, n).toFloats();
    for (int i = 0; i < n; i++) {
      long pair = (long) words[2 * i] << 32 | (words[2 * i + 1] & 0xffffffffL);
      assertEquals((pair >>> 11) * 0x1p-53, wide[i]);
      assertEquals((words[i] >>> 8) * 0x1p-24f, narrow[i]);
      assertTrue(wide[i] >= 0 && wide[i] < 1 && narrow[i] >= 0 && narrow[i] < 1);
      checks += 2;
    }
  }

  /// commons-math3 takes its error function of 1 − 2p, which loses digits near 0 and 1: its own
  /// quantile is compared at double accuracy only between. The tails are for `NormalQuantileTest`.
  @Test
  void normalsAreQuantilesOfTheSameWords() {
    Key key = Key.of(12);
    int n = 20_001;
    int[] words = words(key, 0, 0, 2 * n);
    double[] wide = key.normal(DType.FLOAT64, n).toDoubles();
    float[] narrow = key.normal(DType.FLOAT32, n).toFloats();
    for (int i = 0; i < n; i++) {
      long pair = (long) words[2 * i] << 32 | (words[2 * i + 1] & 0xffffffffL);
      double p = ((pair >>> 12) + 0.5) * 0x1p-52;
      double z = NORMAL.inverseCumulativeProbability(p);
      double density = NORMAL.density(z);
      assertEquals(z, wide[i], 1e-14 * Math.max(1, Math.abs(z)) + 0x1p-53 / density, "p = " + p);
      float q = ((words[i] >>> 9) + 0.5f) * 0x1p-23f;
      double w = NORMAL.inverseCumulativeProbability(q);
      assertEquals(w, narrow[i], 1e-6 * Math.max(1, Math.abs(w)), "p = " + q);
      checks += 2;
    }
  }

  @Test
  void integersScaleWordsToTheirRange() {
    Key key = Key.of(13);
    int n = 1_000;
    int[] words = words(key, 0, 0, 2 * n);
    long[][] ranges = {
      {0, 1}, {5, 6}, {-3, 9}, {0, 1L << 40}, {0, Long.MAX_VALUE}, {Long.MIN_VALUE, -1}, {-1, 1}
    };
    for (long[] range : ranges) {
      long[] numbers = key.integers(range[0], range[1], n).toLongs();
      for (int i = 0; i < n; i++) {
        long pair = (long) words[2 * i] << 32 | (words[2 * i + 1] & 0xffffffffL);
        long scaled = range[0] + Math.unsignedMultiplyHigh(pair, range[1] - range[0]);
        assertEquals(scaled, numbers[i]);
        assertTrue(numbers[i] >= range[0] && numbers[i] < range[1]);
        checks++;
      }
    }
  }

  @Test
  void impossibleDrawsAreErrorsThatSayWhy() {
    Key key = Key.of(0);
    List<Runnable> mistakes =
        List.of(
            () -> key.integers(3, 3, 1),
            () -> key.integers(3, 2, 1),
            () -> key.integers(Long.MIN_VALUE, Long.MAX_VALUE, 1),
            () -> key.choice(3, 4),
            () -> key.choice(3, -1),
            () -> key.uniform(DType.INT64, 3),
            () -> key.normal(DType.BOOL, 3),
            () -> key.uniform(DType.FLOAT64, -1),
            () -> new Key(Tensor.of(1, 2, 3)).uniform(DType.FLOAT64),
            () -> new Key(Tensor.of(1.0, 2, 3, 4)).uniform(DType.FLOAT64));
    for (Runnable mistake : mistakes) {
      var thrown = assertThrows(TensorException.class, mistake::run);
      assertTrue(thrown.getMessage().contains("KeyTest"), thrown.getMessage());
      checks++;
    }
  }

  @Test
  void permutationsHoldEveryNumberOnce() {
    for (int n : new int[] {0, 1, 2, 3, 97, 10_000}) {
      long[] sorted = Key.of(n).permutation(n).toLongs();
      Arrays.sort(sorted);
      assertArrayEquals(IntStream.range(0, n).asLongStream().toArray(), sorted);
      checks++;
    }
  }

  @Test
  void choicesAreDistinctAndInRange() {
    for (int seed = 0; seed < 50; seed++) {
      for (int count : new int[] {0, 1, 5, 20}) {
        long[] chosen = Key.of(seed).choice(20, count).toLongs();
        assertEquals(count, Arrays.stream(chosen).filter(i -> i >= 0 && i < 20).distinct().count());
        long[] anew = Key.of(seed).choiceWithReplacement(3, count).toLongs();
        assertEquals(count, Arrays.stream(anew).filter(i -> i >= 0 && i < 3).count());
        checks += 2;
      }
    }
  }

  /// In seed 149 a number is the largest below 1, which rounds to the upper bound when 1 is added.
  @Test
  void uniformsOfARangeStayBelowItsEnd() {
    float largest = Math.nextDown(1f);
    assertEquals(largest, Key.of(149).uniform(DType.FLOAT32, 193_583).toFloats()[193_582]);
    for (float x : Key.of(149).uniform(1, 2, DType.FLOAT32, 193_583).toFloats()) {
      assertTrue(x >= 1 && x < 2);
      checks++;
    }
  }

  /// Numbers of one seed, as they have been from the start: other bits would be other experiments.
  @Test
  void bitsAreWhatTheyHaveAlwaysBeen() {
    Key key = Key.of(42);
    assertArrayEquals(
        new int[] {0x42e0b8b3, 0x7dbf5de8, 0x2fe739d4, 0x6aaf03eb},
        key.stackedSplit(1).words().toInts());
    assertArrayEquals(
        new int[] {0xf2b2ef68, 0x4726b4bf, 0x6e89e23c, 0x90a21de7}, key.fold(7).words().toInts());
    assertArrayEquals(
        new int[] {0x84d267b4, 0x6a60fd21, 0x5359b430, 0xb9285c9a},
        key.fold(7L << 32 | 9).words().toInts());
    assertArrayEquals(
        new int[] {0x5e9b9085, 0x40a218f7, 0x0943d94f, 0x7f247d8a},
        key.fold("init").words().toInts());
    assertArrayEquals(
        new double[] {0x1.39d5e0a6efea9p-1, 0x1.2bf50ad5742bp-4, 0x1.f9b6424ea774dp-1},
        key.uniform(DType.FLOAT64, 3).toDoubles());
    assertArrayEquals(
        new float[] {0x1.39d5ep-1f, 0x1.dfd524p-2f, 0x1.2bf5p-4f},
        key.uniform(DType.FLOAT32, 3).toFloats());
    assertArrayEquals(
        new double[] {0x1.25ee4fdbb73d7p-2, -0x1.73bf4293dd7a3p0, 0x1.1fc56619bc882p1},
        key.normal(DType.FLOAT64, 3).toDoubles());
    assertArrayEquals(
        new float[] {0x1.25ee54p-2f, -0x1.42dc7p-4f, -0x1.73bf42p0f},
        key.normal(DType.FLOAT32, 3).toFloats());
    assertArrayEquals(new long[] {225, -854, 975, 27}, key.integers(-1000, 1000, 4).toLongs());
    assertArrayEquals(new long[] {1, 3, 7, 5, 0, 6, 4, 2}, key.permutation(8).toLongs());
    assertArrayEquals(new long[] {99, 82, 71, 11}, key.choice(100, 4).toLongs());
    assertArrayEquals(new long[] {61, 7, 98, 51}, key.choiceWithReplacement(100, 4).toLongs());
    checks += 12;
  }
}
