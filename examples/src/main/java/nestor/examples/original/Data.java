package nestor.examples.original;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// Samples for the original program: x standard normal, y = Σ x + 0.01 noise.
///
/// @param x `[count, in]`
/// @param y `[count, out]`
record Data(Tensor x, Tensor y) {
  static final int INPUT = 4;

  /// Fresh samples.
  static Data draw(Key key, DType dtype, int count) {
    Tensor x = key.fold("x").normal(dtype, count, INPUT);
    Tensor noise = key.fold("noise").normal(dtype, count, 1).times(0.01);
    return new Data(x, x.sumKeepDims(-1).plus(noise));
  }
}
