package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.LayerNorm;
import nestor.hope.rule.AttentionRule;

/// What attention makes of a token: a query, a key and a value for each head, and the output of
/// what the heads read.
///
/// @param norm applied to the tokens
/// @param wq `[heads · keys, width]`
/// @param wk `[heads · keys, width]`
/// @param wv `[heads · keys, width]`
/// @param wo `[width, heads · keys]`
/// @param heads how many heads
public record HeadProjections(
    LayerNorm norm, Tensor wq, Tensor wk, Tensor wv, Tensor wo, int heads) {

  /// Weights of variance 1/width; the output starts at 0, so that attention adds nothing until it
  /// is written.
  ///
  /// @param keys the width of a head
  public static HeadProjections init(Key key, DType dtype, int width, int heads, int keys) {
    return new HeadProjections(
        LayerNorm.init(dtype, width),
        weights(key.fold("wq"), dtype, width, heads * keys),
        weights(key.fold("wk"), dtype, width, heads * keys),
        weights(key.fold("wv"), dtype, width, heads * keys),
        Tensor.zeros(dtype, width, heads * keys),
        heads);
  }

  private static Tensor weights(Key key, DType dtype, int in, int out) {
    return key.normal(dtype, out, in).div(Math.sqrt(in));
  }

  /// The width of a head.
  public int keys() {
    return wq.shape().dim(-2) / heads;
  }

  /// Queries, keys and values of x `[samples, time, width]`.
  AttentionRule.Tokens of(Tensor x) {
    Tensor normal = norm.apply(x);
    return new AttentionRule.Tokens(
        split(normal.matmulTransposed(wq)),
        split(normal.matmulTransposed(wk)),
        split(normal.matmulTransposed(wv)));
  }

  private Tensor split(Tensor rows) {
    return rows.reshape(rows.shape().dim(0), rows.shape().dim(1), heads, keys());
  }

  /// `[samples, time, width]` for readings `[samples, time, heads, keys]`.
  Tensor output(Tensor y) {
    return y.reshape(y.shape().dim(0), y.shape().dim(1), heads * keys()).matmulTransposed(wo);
  }
}
