package nestor.autodiff;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A key from which random numbers follow as a pure function: the same key gives the same numbers
/// on every backend, and keys split off it give independent ones. There is no other source of
/// randomness.
///
/// Use a key once: split it, or fold a name or a step into it, wherever more numbers are needed. A
/// key is a tree with one leaf, so it can be an operand, a part of a state, and mapped over.
///
/// @param words four 32-bit words, `int32[..., 4]`; leading axes belong to keys stacked for `vmap`
public record Key(Tensor words) {
  private static final int SPLIT = 1;
  private static final int FOLD_LOW = 2;
  private static final int FOLD_HIGH = 3;

  /// The key of a seed.
  public static Key of(long seed) {
    return new Key(Tensor.of((int) seed, (int) (seed >>> 32), 0, 0));
  }

  /// `count` independent keys.
  public List<Key> split(int count) {
    Tensor stacked = stackedSplit(count).words;
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add(new Key(stacked.slice(0, i, i + 1).reshape(4)));
    }
    return keys;
  }

  /// `count` independent keys stacked along a leading axis, to be mapped over.
  public Key stackedSplit(int count) {
    return new Key(draw(new Random.Words(SPLIT, 0), count, 4));
  }

  /// The key for one number, such as a step: independent of the keys for all others.
  public Key fold(long number) {
    Key low = new Key(draw(new Random.Words(FOLD_LOW, (int) number), 4));
    int high = (int) (number >>> 32);
    return high == 0 ? low : new Key(low.draw(new Random.Words(FOLD_HIGH, high), 4));
  }

  /// The key for a name, such as `init` or `data`: independent of the keys for all others.
  public Key fold(String name) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return fold(hash | Long.MIN_VALUE); // names never meet small numbers
  }

  /// Numbers uniform in [0, 1).
  public Tensor uniform(DType dtype, int... dims) {
    return draw(new Random.Uniform(dtype), dims);
  }

  /// Numbers uniform in [low, high), both given as Java numbers.
  public Tensor uniform(double low, double high, DType dtype, int... dims) {
    if (!(low < high)) {
      throw TensorException.at("uniform: there are no numbers in [%s, %s)".formatted(low, high));
    }
    double last = dtype == DType.FLOAT32 ? Math.nextDown((float) high) : Math.nextDown(high);
    return uniform(dtype, dims).times(high - low).plus(low).minimum(last); // may round to high
  }

  /// Standard normal numbers.
  public Tensor normal(DType dtype, int... dims) {
    return draw(new Random.Normal(dtype), dims);
  }

  /// Integers (`int64`) uniform in [low, high).
  public Tensor integers(long low, long high, int... dims) {
    return draw(new Random.Integers(low, high), dims);
  }

  /// The numbers 0 … n − 1 (`int64`) in a random order.
  public Tensor permutation(int n) {
    return integers(0, Long.MAX_VALUE, n).argsort(0);
  }

  /// `count` different numbers of 0 … n − 1 (`int64`), in a random order.
  public Tensor choice(int n, int count) {
    if (count < 0 || count > n) {
      throw TensorException.at(
          "choice: cannot draw %d different numbers out of %d".formatted(count, n));
    }
    return permutation(n).slice(0, 0, count);
  }

  /// `count` numbers of 0 … n − 1 (`int64`), each drawn anew.
  public Tensor choiceWithReplacement(int n, int count) {
    return integers(0, n, count);
  }

  private Tensor draw(Random.Distribution distribution, int... dims) {
    return Dispatch.apply(new Random(distribution, NestedArrays.shape("random", dims)), words);
  }
}
