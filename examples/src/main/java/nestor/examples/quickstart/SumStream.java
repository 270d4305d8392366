package nestor.examples.quickstart;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// The stream of samples: x standard normal in R⁴, y = w · x + 0.01 noise, with w = 1 at first;
/// under drift, w is drawn anew from a standard normal distribution every `drift` samples.
///
/// @param key where all that is random comes from
/// @param train where the samples come from
/// @param dtype the element type
/// @param drift after how many samples w changes; 0 for never
record SumStream(Key key, Key train, DType dtype, int drift) {
  static final int INPUT = 4;
  private static final double NOISE = 0.01;

  /// Samples x `[count, 4]` and targets y `[count, 1]`.
  record Samples(Tensor x, Tensor y) {}

  /// What one sample follows from, so that a training step can draw it.
  ///
  /// @param from where its numbers come from
  /// @param weights w `[1, 4]`
  record Draw(Key from, Tensor weights) {
    /// The sample.
    Samples sample() {
      return samples(1);
    }

    private Samples samples(int count) {
      DType dtype = weights.dtype();
      Tensor x = from.fold("x").normal(dtype, count, INPUT);
      Tensor noise = from.fold("noise").normal(dtype, count, 1).times(NOISE);
      return new Samples(x, x.matmulTransposed(weights).plus(noise));
    }
  }

  /// A stream of a key.
  static SumStream of(Key key, DType dtype, int drift) {
    return new SumStream(key, key.fold("train"), dtype, drift);
  }

  /// The sample at a position of the stream.
  Draw at(long position) {
    return new Draw(train.fold(position), weights(position));
  }

  /// Fresh samples for the target at a position of the stream.
  Samples test(long position, int count) {
    return new Draw(key.fold("test"), weights(position)).samples(count);
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
}
