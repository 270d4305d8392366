package nestor.autodiff.nn;

import nestor.autodiff.Tensor;

/// Normalizing functions. The numerically dangerous ones are written so that no finite operand
/// gives an infinity on the way.
public final class Normalization {
  private Normalization() {}

  /// eˣ / Σ eˣ along an axis.
  public static Tensor softmax(Tensor x, int axis) {
    Tensor e = x.minus(x.maxKeepDims(axis).stopGradient()).exp();
    return e.div(e.sumKeepDims(axis));
  }

  /// ln softmax(x) along an axis.
  public static Tensor logSoftmax(Tensor x, int axis) {
    return x.minus(logSumExpKeepDims(x, axis));
  }

  /// ln Σ eˣ over axes, which disappear; all axes if none are given.
  public static Tensor logSumExp(Tensor x, int... axes) {
    Tensor max = finiteMax(x, axes);
    return x.minus(max).exp().sum(axes).log().plus(max.sum(axes));
  }

  /// ln Σ eˣ over axes, which stay with size 1.
  public static Tensor logSumExpKeepDims(Tensor x, int... axes) {
    Tensor max = finiteMax(x, axes);
    return x.minus(max).exp().sumKeepDims(axes).log().plus(max);
  }

  /// The maximum as a constant, 0 where it is infinite: rows of −∞ give −∞ and not NaN.
  private static Tensor finiteMax(Tensor x, int... axes) {
    Tensor max = x.maxKeepDims(axes).stopGradient();
    Tensor finite = max.minus(max).equal(max.constant(0));
    return finite.where(max, max.constant(0));
  }

  /// (x − mean) / √(variance + eps) · weight + bias over the last axis, with the biased variance,
  /// Ba et al., "Layer normalization" (2016). `weight` and `bias` have the last axis' size.
  public static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double eps) {
    Tensor centred = x.minus(x.meanKeepDims(-1));
    Tensor variance = centred.square().meanKeepDims(-1);
    return centred.times(variance.plus(eps).rsqrt()).times(weight).plus(bias);
  }

  /// The same per channel of images `[n, channels, h, w]` with the statistics of this batch, Ioffe
  /// and Szegedy, "Batch normalization" (2015). `weight` and `bias` are `[channels]`.
  public static Tensor batchNorm(Tensor x, Tensor weight, Tensor bias, double eps) {
    Tensor centred = x.minus(x.meanKeepDims(0, 2, 3));
    Tensor variance = centred.square().meanKeepDims(0, 2, 3);
    Tensor normal = centred.times(variance.plus(eps).rsqrt());
    return normal.times(weight.reshape(-1, 1, 1)).plus(bias.reshape(-1, 1, 1));
  }

  /// x / (‖x‖ + eps) with the 2-norm along an axis. Where it is 0, the norm counts as a constant.
  public static Tensor l2Normalize(Tensor x, int axis, double eps) {
    return x.div(root(x.square().sumKeepDims(axis)).plus(eps));
  }

  /// The square root of the sum of the squares of all elements. At 0, where it has a corner, all
  /// its derivatives are 0, as in PyTorch.
  public static Tensor norm(Tensor x) {
    return root(x.square().sum());
  }

  /// The square root, at 0 with the derivative 0.
  private static Tensor root(Tensor square) {
    Tensor isZero = square.equal(square.constant(0));
    return isZero.where(square.constant(0), isZero.where(square.constant(1), square).sqrt());
  }
}
