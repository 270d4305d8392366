package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Key;
import nestor.autodiff.Random;
import nestor.autodiff.Sample;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Keys that follow from a key never meet, and every draw is the same on every backend and inside
/// every transformation.
@TestInstance(Lifecycle.PER_CLASS)
class KeyFamilyTest {
  private long checks;

  @AfterAll
  void report() {
    System.out.printf("%,7d checks: families of keys, and keys in transformations%n", checks);
  }

  /// Every kind of draw, each the function of a key.
  private static List<Function<Key, Tensor>> draws() {
    return List.of(
        key -> key.uniform(DType.FLOAT64, 5),
        key -> key.uniform(DType.FLOAT32, 2, 3),
        key -> key.uniform(-2, 3, DType.FLOAT64),
        key -> key.normal(DType.FLOAT64, 3, 1),
        key -> key.normal(DType.FLOAT32, 7),
        key -> key.integers(-3, 9, 5),
        key -> key.permutation(6),
        key -> key.choice(9, 4),
        key -> key.choiceWithReplacement(9, 4),
        key -> key.stackedSplit(3).words(),
        key -> key.split(3).get(2).words(),
        key -> key.fold(5).words(),
        key -> key.fold(-1L << 40).words(),
        key -> key.fold("name").normal(DType.FLOAT64, 2));
  }

  private void assertBits(Tensor expected, Tensor actual, String what) {
    checks += expected.shape().size();
    assertEquals(expected.type(), actual.type(), what);
    assertArrayEquals(expected.toDoubles(), actual.toDoubles(), what);
  }

  @Test
  void splitGivesTheRowsOfStackedSplit() {
    Tensor stacked = Key.of(4).stackedSplit(7).words();
    List<Key> keys = Key.of(4).split(7);
    for (int i = 0; i < 7; i++) {
      assertBits(stacked.get(i), keys.get(i).words(), "key " + i);
    }
  }

  @Test
  void noTwoKeysOfAFamilyHaveEqualWords() {
    Key root = Key.of(1);
    List<int[]> families = new ArrayList<>();
    families.add(root.words().toInts());
    var own = new Random(new Random.Words(0, 0), Shape.of(20_000, 4)); // what its draws are made of
    families.add(Sample.of(own, root.words()).run().toInts());
    families.add(root.stackedSplit(100_000).words().toInts());
    Tensor grandchildren =
        vmap(key -> key.stackedSplit(1_000).words(), root.fold("parents").stackedSplit(100));
    families.add(grandchildren.toInts());
    for (long i = -3_000; i < 3_000; i++) {
      families.add(root.fold(i).words().toInts());
      families.add(root.fold(i << 32).words().toInts());
      families.add(root.fold("" + i).words().toInts());
      families.add(Key.of(i).fold(0).words().toInts());
    }
    Set<List<Integer>> seen = new HashSet<>();
    int repeated = 0; // i << 32 is i where i is 0
    for (int[] words : families) {
      for (int i = 0; i < words.length; i += 4) {
        boolean fresh = seen.add(List.of(words[i], words[i + 1], words[i + 2], words[i + 3]));
        repeated += fresh ? 0 : 1;
        checks++;
      }
    }
    // fold(0) three times: as 0, as 0 << 32, and from the equal key Key.of(1)
    assertEquals(2, repeated);
  }

  @Test
  void namesNeverMeetNumbers() {
    for (String name : List.of("", "0", "1", "init", "data", "x", "änderung", "a.b.c")) {
      for (long number : new long[] {0, 1, 2, 48, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
        int[] words = Key.of(5).fold(name).words().toInts();
        assertFalse(Arrays.equals(words, Key.of(5).fold(number).words().toInts()), name);
        checks++;
      }
    }
  }

  @Test
  void backendsDrawTheSameBits() {
    for (Function<Key, Tensor> draw : draws()) {
      Tensor expected = draw.apply(Key.of(6));
      for (String backend : List.of("cpu", "reference")) {
        Key key = new Key(Key.of(6).words().on(Backend.named(backend)));
        assertBits(expected, draw.apply(key), backend);
      }
    }
  }

  @Test
  void mappingOverStackedKeysEqualsALoop() {
    Key stacked = Key.of(7).stackedSplit(6);
    Key nested = new Key(stacked.words().reshape(2, 3, 4));
    for (Function<Key, Tensor> draw : draws()) {
      Tensor mapped = vmap(draw, stacked);
      Tensor twice = vmap((Key keys) -> vmap(draw, keys), nested);
      for (int i = 0; i < 6; i++) {
        Tensor expected = draw.apply(new Key(stacked.words().get(i)));
        assertBits(expected, mapped.get(i), "vmap");
        assertBits(expected, twice.get(i / 3).get(i % 3), "vmap of vmap");
      }
    }
  }

  /// A key among the parameters of a function.
  private record Noisy(Key key, Tensor scale) {}

  @Test
  void transformationsDrawTheSameBits() {
    Key key = Key.of(8);
    Tensor expected = key.normal(DType.FLOAT64, 5);
    Tensor one = Tensor.ones(DType.FLOAT64, 5);
    Function<Noisy, Tensor> f = in -> in.scale().times(in.key().normal(DType.FLOAT64, 5)).sum();
    Noisy at = new Noisy(key, one);
    Frozen noGradient = Frozen.paths("key.words");
    assertBits(expected, grad(f, at, noGradient).scale(), "grad");
    assertBits(
        expected, grad(in -> checkpoint(f, in), at, noGradient).scale(), "grad of checkpoint");
    assertBits(expected, grad(w -> f.apply(new Noisy(key, w)), one), "grad with the key captured");
    assertBits(
        expected,
        grad(w -> checkpoint(u -> f.apply(new Noisy(key, u)), w), one),
        "grad of checkpoint with the key captured");
    Key keys = key.stackedSplit(3);
    Tensor mapped = vmap(k -> grad(w -> checkpoint(u -> f.apply(new Noisy(k, u)), w), one), keys);
    for (int i = 0; i < 3; i++) {
      Tensor alone = new Key(keys.words().get(i)).normal(DType.FLOAT64, 5);
      assertBits(alone, mapped.get(i), "vmap of grad of checkpoint");
    }
  }
}
