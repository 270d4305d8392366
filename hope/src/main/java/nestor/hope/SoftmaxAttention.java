package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.hope.rule.AttentionRule;
import nestor.hope.rule.Positions;

/// Causal softmax attention with several heads, Vaswani et al., "Attention is all you need" (2017),
/// section 3.2, over all that was read; see [AttentionRule]. For each head
///
///     rₜ = Σ_{j ≤ t} softmax_j(qₜ · kⱼ / √keys) vⱼ,   q, k, v = W norm(x)
///
/// and y = W_o [r of all heads]. What has been read grows with every token.
///
/// ```java
/// var layer = SoftmaxAttention.init(key, DType.FLOAT32, 64, 4, 16); // four heads of 16
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values, output
/// @param positions how tokens tell where they stand
public record SoftmaxAttention(HeadProjections projections, Positions positions)
    implements SequenceLayer<AttentionRule.Seen> {

  /// Attention with rotary positions.
  ///
  /// @param heads how many heads
  /// @param keys the width of a head, even
  public static SoftmaxAttention init(Key key, DType dtype, int width, int heads, int keys) {
    return new SoftmaxAttention(
        HeadProjections.init(key, dtype, width, heads, keys), Positions.ROTARY);
  }

  /// The same with other positions.
  public SoftmaxAttention withPositions(Positions other) {
    return new SoftmaxAttention(projections, other);
  }

  @Override
  public AttentionRule.Seen start(int samples) {
    return AttentionRule.Seen.none(
        projections.wq().dtype(), samples, projections.heads(), projections.keys());
  }

  @Override
  public Out<AttentionRule.Seen> apply(Tensor x, AttentionRule.Seen state) {
    var read = AttentionRule.read(projections.of(x), state, positions);
    return new Out<>(projections.output(read.output()), read.carry());
  }
}
