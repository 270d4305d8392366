package nestor.autodiff.nn;

import nestor.autodiff.Tensor;

/// Pointwise activations that are not primitives.
public final class Activations {
  private Activations() {}

  /// x σ(x), Ramachandran et al., "Searching for activation functions" (2017).
  public static Tensor silu(Tensor x) {
    return x.times(x.sigmoid());
  }

  /// x Φ(x) with the normal distribution function Φ, Hendrycks and Gimpel, "Gaussian error linear
  /// units" (2016).
  public static Tensor gelu(Tensor x) {
    return x.times(0.5).times(x.times(Math.sqrt(0.5)).erf().plus(1));
  }

  /// The approximation ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) of [#gelu].
  public static Tensor geluTanh(Tensor x) {
    Tensor inner = x.plus(x.square().times(x).times(0.044715)).times(Math.sqrt(2 / Math.PI));
    return x.times(0.5).times(inner.tanh().plus(1));
  }
}
