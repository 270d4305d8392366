package nestor.cms;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;

/// A residual MLP without norm and biases, for the MLP⁽ˡ⁾ of Behrouz et al., "Nested Learning"
/// (2025), equation 70: y = x + A gelu(B x).
///
/// ```java
/// Block fast = ResidualMlp.init(key.fold("fast"), FLOAT32, width, 2 * width);
/// Block slow = ResidualMlp.init(key.fold("slow"), FLOAT32, width, 2 * width);
/// Tensor y = Cms.Sequential.of(fast, slow).apply(x); // x, y [..., width]
/// ```
///
/// @param a A `[width, hidden]`
/// @param b B `[hidden, width]`
public record ResidualMlp(Tensor a, Tensor b) implements Block {
  /// Weights of variance 1/hidden and 1/width.
  public static ResidualMlp init(Key key, DType dtype, int width, int hidden) {
    return new ResidualMlp(
        key.fold("a").normal(dtype, width, hidden).div(Math.sqrt(hidden)),
        key.fold("b").normal(dtype, hidden, width).div(Math.sqrt(width)));
  }

  @Override
  public Tensor apply(Tensor x) {
    return x.plus(Activations.gelu(x.matmulTransposed(b)).matmulTransposed(a));
  }
}
