package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Normalization;
import nestor.hope.rule.FeatureMap;

/// What a memory makes of a token: a query and a key of norm 1, or 0 where the normalized token is
/// 0, and a value.
///
/// @param norm applied before queries, keys and gates
/// @param wq `[width, width]`
/// @param wk `[width, width]`
/// @param wv `[width, width]`; the value is linear in the token
public record Projections(LayerNorm norm, Tensor wq, Tensor wk, Tensor wv) {
  private static final double EPS = 1e-6;

  /// Queries and keys start alike, so that a token finds what it has just written; values start at
  /// 0, so that a memory adds nothing until it has learned what to keep.
  public static Projections init(Key key, DType dtype, int width) {
    Tensor wk = key.normal(dtype, width, width).div(Math.sqrt(width));
    return new Projections(LayerNorm.init(dtype, width), wk, wk, Tensor.zeros(dtype, width, width));
  }

  /// Queries, keys, values and normalized tokens, each `[..., width]`.
  record Rows(Tensor q, Tensor k, Tensor v, Tensor normal) {}

  /// What tokens `[..., width]` are to a memory.
  Rows of(Tensor x) {
    return of(x, FeatureMap.IDENTITY);
  }

  /// The same with features φ for queries and keys, which have the norm 1 after φ.
  Rows of(Tensor x, FeatureMap map) {
    Tensor normal = norm.apply(x);
    return new Rows(
        Normalization.l2Normalize(map.of(normal.matmulTransposed(wq)), -1, EPS),
        Normalization.l2Normalize(map.of(normal.matmulTransposed(wk)), -1, EPS),
        x.matmulTransposed(wv),
        normal);
  }
}
