package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.FeatureMap;
import nestor.hope.rule.Form;
import nestor.hope.rule.LinearRule;

/// Linear attention that forgets, Behrouz et al., "Nested Learning" (2025), equation 64:
///
///     S ← a S + v φ(k)ᵀ,   y = S φ(q),   a = σ(w_a · norm(x))
///
/// read after the write; see [LinearRule]. Features have the norm 1. The bias of a starts at 2, so
/// that a memory starts by forgetting little.
///
/// ```java
/// var layer = GatedLinearAttention.init(key, DType.FLOAT32, 64);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values
/// @param gate `[1, width]`: the retention a
/// @param map φ
/// @param weighting whether sums are read or means
/// @param chunk tokens at a time in the chunk-parallel form
/// @param form how the rule runs
public record GatedLinearAttention(
    Projections projections, Linear gate, FeatureMap map, Weighting weighting, int chunk, Form form)
    implements SequenceLayer<Tensor> {

  /// A mean needs features that are not below 0.
  public GatedLinearAttention {
    LinearAttention.requireMeans(map, weighting);
  }

  /// Attention with φ(x) = x and no normalizer.
  public static GatedLinearAttention init(Key key, DType dtype, int width) {
    return new GatedLinearAttention(
        Projections.init(key, dtype, width),
        Gates.init(dtype, width, Gates.KEEP),
        FeatureMap.IDENTITY,
        Weighting.SUM,
        Gates.CHUNK,
        Gates.FORM);
  }

  /// The same with other features and another weighting of what they find.
  public GatedLinearAttention with(FeatureMap otherMap, Weighting otherWeighting) {
    return new GatedLinearAttention(projections, gate, otherMap, otherWeighting, chunk, form);
  }

  /// The same with another number of tokens at a time.
  public GatedLinearAttention withChunk(int other) {
    return new GatedLinearAttention(projections, gate, map, weighting, other, form);
  }

  /// The same in another form.
  public GatedLinearAttention withForm(Form other) {
    return new GatedLinearAttention(projections, gate, map, weighting, chunk, other);
  }

  /// Nothing, `[samples, values, width]`; in a mean the last value is the sum of the features.
  @Override
  public Tensor start(int samples) {
    return LinearAttention.empty(projections, weighting, samples);
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    Projections.Rows at = projections.of(x, map);
    Tensor decay = Gates.one(gate.apply(at.normal()).sigmoid(), 0);
    Tensor v = weighting.values(at.v());
    var read = LinearRule.read(new LinearRule.Tokens(at.q(), at.k(), v, decay), state, chunk, form);
    return new Out<>(weighting.reading(read.output()), read.carry());
  }
}
