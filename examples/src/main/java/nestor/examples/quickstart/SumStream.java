package nestor.examples.quickstart;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// The stream of samples: x standard normal in R⁴, y = w · x + 0.01 noise, with w = 1 at first;
/// under drift, w is drawn anew from a standard normal distribution every `drift` samples.
///
/// @param key where the samples come from
/// @param dtype the element type
/// @param drift after how many samples w changes; 0 for never
record SumStream(Key key, DType dtype, int drift) {
  static final int INPUT = 4;
  private static final double NOISE = 0.01;

  /// Samples x `[count, 4]` and targets y `[count, 1]`.
  record Samples(Tensor x, Tensor y) {}

  /// The sample at a position of the stream.
  Samples sample(long position) {
    return draw(key.fold("train").fold(position), 1, weights(position));
  }

  /// Fresh samples for the target at a position of the stream.
  Samples test(long position, int count) {
    return draw(key.fold("test"), count, weights(position));
  }

  /// Whether w has changed before a position.
  boolean changed(long position) {
    return drift > 0 && position >= drift;
  }

  private Tensor weights(long position) {
    return changed(position)
        ? key.fold("weights").fold(position / drift).normal(dtype, 1, INPUT)
        : Tensor.ones(dtype, 1, INPUT);
  }

  private Samples draw(Key from, int count, Tensor w) {
    Tensor x = from.fold("x").normal(dtype, count, INPUT);
    Tensor noise = from.fold("noise").normal(dtype, count, 1).times(NOISE);
    return new Samples(x, x.matmulTransposed(w).plus(noise));
  }
}
