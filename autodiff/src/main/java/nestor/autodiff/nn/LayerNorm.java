package nestor.autodiff.nn;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// Layer normalization over the last axis with eps 1e-5, see [Normalization#layerNorm].
///
/// @param weight `[width]`
/// @param bias `[width]`
public record LayerNorm(Tensor weight, Tensor bias) {
  private static final double EPS = 1e-5;

  /// Weight 1, bias 0.
  public static LayerNorm init(DType dtype, int width) {
    return new LayerNorm(Tensor.ones(dtype, width), Tensor.zeros(dtype, width));
  }

  /// The normalized `[..., width]`.
  public Tensor apply(Tensor x) {
    return Normalization.layerNorm(x, weight, bias, EPS);
  }
}
