package nestor.autodiff.nn;

import nestor.autodiff.Tensor;

/// Newton–Schulz iterations toward the orthogonal factor of a matrix.
public final class NewtonSchulz {
  private NewtonSchulz() {}

  /// y = x / (‖x‖ + eps), then `iterations` times y ← 1.5 y − 0.5 y yᵀ y (Björck and Bowie, 1971).
  public static Tensor cubic(Tensor x, int iterations, double eps) {
    boolean tall = x.shape().dim(-2) > x.shape().dim(-1);
    Tensor y = x.div(Normalization.norm(x).plus(eps));
    for (int i = 0; i < iterations; i++) {
      Tensor cube = // by the smaller of the two Gram matrices
          tall ? y.matmul(y.transposedMatmul(y)) : y.matmulTransposed(y).matmul(y);
      y = y.times(1.5).minus(cube.times(0.5));
    }
    return y;
  }

  /// The same start, transposed if there are more rows than columns, then y ← (a I + b A + c A²) y
  /// with A = y yᵀ, a = 3.4445, b = −4.7750 and c = 2.0315, and transposed back (Jordan et al.,
  /// "Muon", 2024). The coefficients are tuned for speed: singular values end near 1, not at 1.
  public static Tensor quintic(Tensor x, int iterations, double eps) {
    boolean tall = x.shape().dim(-2) > x.shape().dim(-1);
    Tensor y = x.div(Normalization.norm(x).plus(eps));
    y = tall ? y.transpose() : y;
    for (int i = 0; i < iterations; i++) {
      Tensor a = y.matmulTransposed(y);
      Tensor polynomial = a.times(-4.7750).plus(a.matmul(a).times(2.0315));
      y = y.times(3.4445).plus(polynomial.matmul(y));
    }
    return tall ? y.transpose() : y;
  }
}
