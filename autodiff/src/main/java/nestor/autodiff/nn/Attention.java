package nestor.autodiff.nn;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// Attention over `[batch, time, width]`, as definitions that faster forms are held to.
public final class Attention {
  private Attention() {}

  /// softmax(scale · q kᵀ, masked to column ≤ row) v, Vaswani et al., "Attention is all you need"
  /// (2017), equation 1.
  public static Tensor causal(Tensor q, Tensor k, Tensor v, double scale) {
    Tensor scores = q.matmulTransposed(k).times(scale);
    Tensor visible =
        Tensor.ones(DType.INT32, q.shape().dim(-2), k.shape().dim(-2)).tril(0).cast(DType.BOOL);
    Tensor masked = visible.where(scores, scores.constant(Double.NEGATIVE_INFINITY));
    return Normalization.softmax(masked, -1).matmul(v);
  }

  /// (q kᵀ masked to column ≤ row) v, Katharopoulos et al., "Transformers are RNNs" (2020), without
  /// feature map and normalizer.
  public static Tensor linearCausal(Tensor q, Tensor k, Tensor v) {
    return q.matmulTransposed(k).tril(0).matmul(v);
  }

  /// The gated delta rule, token by token: S ← αₜ (S − βₜ S kₜ kₜᵀ) + βₜ vₜ kₜᵀ from S = 0, yₜ = S
  /// qₜ; Yang et al., "Gated delta networks" (2024), equation 10.
  ///
  /// q, k `[batch, time, dk]`, v `[batch, time, dv]`, beta, alpha `[batch, time]`.
  public static Tensor gatedDeltaRule(Tensor q, Tensor k, Tensor v, Tensor beta, Tensor alpha) {
    int batch = q.shape().dim(0);
    int time = q.shape().dim(1);
    Tensor state =
        Tensor.zeros(q.dtype(), batch, v.shape().dim(-1), k.shape().dim(-1)); // [batch, dv, dk]
    List<Tensor> outputs = new ArrayList<>();
    for (int t = 0; t < time; t++) {
      Tensor key = at(k, t).expandDims(1); // [batch, 1, dk]
      Tensor value = at(v, t).expandDims(2); // [batch, dv, 1]
      Tensor write = at(beta, t).reshape(batch, 1, 1);
      Tensor keep = at(alpha, t).reshape(batch, 1, 1);
      Tensor recalled = state.matmulTransposed(key); // [batch, dv, 1]
      Tensor erased = state.minus(recalled.times(write).matmul(key));
      state = erased.times(keep).plus(value.times(write).matmul(key));
      outputs.add(state.matmulTransposed(at(q, t).expandDims(1)).reshape(batch, -1));
    }
    return Tensor.stack(1, outputs);
  }

  private static Tensor at(Tensor x, int t) {
    Tensor one = x.slice(1, t, t + 1);
    int[] dims = x.shape().toArray();
    return dims.length == 2 ? one.reshape(dims[0]) : one.reshape(dims[0], dims[2]);
  }
}
