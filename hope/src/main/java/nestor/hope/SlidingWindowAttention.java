package nestor.hope;

import nestor.autodiff.Tensor;
import nestor.hope.rule.Form;
import nestor.hope.rule.Positions;
import nestor.hope.rule.WindowRule;

/// Causal softmax attention with several heads over the last tokens, the present one among them,
/// Behrouz et al., "Nested Learning" (2025), equation 63; see [WindowRule]. For each head
///
///     rₜ = Σ_{t − window < j ≤ t} softmax_j(qₜ · kⱼ / √keys) vⱼ,   q, k, v = W norm(x)
///
/// and y = W_o [r of all heads].
///
/// ```java
/// var heads = HeadProjections.init(key, DType.FLOAT32, 64, 4, 16); // four heads of 16
/// var layer = SlidingWindowAttention.of(heads, 32); // each token sees 32
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values, output
/// @param window how many tokens are seen
/// @param positions how tokens tell where they stand
/// @param chunk tokens at a time in the chunk-parallel form
/// @param form how the rule runs
public record SlidingWindowAttention(
    HeadProjections projections, int window, Positions positions, int chunk, Form form)
    implements SequenceLayer<WindowRule.Recent> {

  /// Attention with rotary positions.
  ///
  /// @param window how many tokens are seen, at least 1
  public static SlidingWindowAttention of(HeadProjections projections, int window) {
    return new SlidingWindowAttention(
        projections, window, Positions.ROTARY, Gates.CHUNK, Gates.FORM);
  }

  /// The same with other positions.
  public SlidingWindowAttention withPositions(Positions other) {
    return new SlidingWindowAttention(projections, window, other, chunk, form);
  }

  /// The same with another number of tokens at a time.
  public SlidingWindowAttention withChunk(int other) {
    return new SlidingWindowAttention(projections, window, positions, other, form);
  }

  /// The same in another form.
  public SlidingWindowAttention withForm(Form other) {
    return new SlidingWindowAttention(projections, window, positions, chunk, other);
  }

  @Override
  public WindowRule.Recent start(int samples) {
    return WindowRule.Recent.none(
        projections.wq().dtype(), samples, projections.heads(), projections.keys(), window);
  }

  @Override
  public Out<WindowRule.Recent> apply(Tensor x, WindowRule.Recent state) {
    var read = WindowRule.read(projections.of(x), state, positions, chunk, form);
    return new Out<>(projections.output(read.output()), read.carry());
  }
}
