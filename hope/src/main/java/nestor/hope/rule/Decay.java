package nestor.hope.rule;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// What is left of a token at the tokens after it, when every token multiplies all that came
/// before.
///
/// @param between Γ `[samples, time, time]`: Γ_tj = ∏_{j < l ≤ t} a_l on and below the diagonal, 0
///   above it
/// @param since G `[samples, time, 1]`: G_t = ∏_{l ≤ t} a_l, what is left of the state before
record Decay(Tensor between, Tensor since) {
  /// The decay by factors `[samples, time]`. Γ solves Γ_tj = a_t Γ_{t−1,j} + δ_tj, so no logarithm
  /// is taken and factors of 0 are exact, as are the derivatives there.
  static Decay of(Tensor factors) {
    int samples = factors.shape().dim(0);
    int time = factors.shape().dim(1);
    Tensor eye =
        factors.onesLike().reshape(samples, time, 1).times(Tensor.eye(factors.dtype(), time));
    Tensor before = factors.expandDims(2).times(below(factors.dtype(), time)).neg();
    Tensor between = before.solveLowerUnit(eye);
    Tensor first = factors.slice(1, 0, 1).expandDims(2);
    return new Decay(between, between.slice(2, 0, 1).times(first));
  }

  /// The decay as it is before each token's own factor: Γ_{t−1,j} and G_{t−1}.
  Decay before() {
    int time = since.shape().dim(1);
    return new Decay(
        between.slice(1, 0, time - 1).pad(new int[] {0, 1, 0}, new int[3]),
        Tensor.concat(1, List.of(since.slice(1, 0, 1).onesLike(), since.slice(1, 0, time - 1))));
  }

  /// Γ of the last token, `[samples, time, 1]`: what is left of each token at the end.
  Tensor toEnd() {
    int time = between.shape().dim(1);
    return between.slice(1, time - 1, time).transpose();
  }

  /// G of the last token, `[samples, 1, 1]`.
  Tensor whole() {
    int time = since.shape().dim(1);
    return since.slice(1, time - 1, time);
  }

  private static Tensor below(DType dtype, int time) {
    Tensor at = Tensor.arange(DType.INT64, time);
    return at.reshape(time, 1).equal(at.plus(Tensor.of(1L))).cast(dtype);
  }
}
