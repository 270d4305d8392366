package nestor.autodiff.nn;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// An affine layer x Wᵀ + b.
///
/// @param weight `[out, in]`
/// @param bias `[out]`
public record Linear(Tensor weight, Tensor bias) {
  /// Weights and bias uniform in ±1/√in, PyTorch's default.
  public static Linear init(Key key, DType dtype, int in, int out) {
    double bound = 1 / Math.sqrt(in);
    return new Linear(
        key.fold("weight").uniform(-bound, bound, dtype, out, in),
        key.fold("bias").uniform(-bound, bound, dtype, out));
  }

  /// The layer's output `[..., out]` for `[..., in]`.
  public Tensor apply(Tensor x) {
    return x.matmulTransposed(weight).plus(bias);
  }
}
