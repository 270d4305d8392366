package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.hope.rule.FeatureMap;
import nestor.hope.rule.Form;
import nestor.hope.rule.LinearRule;

/// Linear attention, Katharopoulos et al., "Transformers are RNNs" (2020); Behrouz et al., "Nested
/// Learning" (2025), equations 5 and 14 to 16: S ← S + v φ(k)ᵀ, y = S φ(q), read after the write;
/// see [LinearRule]. Features have the norm 1.
///
/// ```java
/// var sum = LinearAttention.init(key, DType.FLOAT32, 64);
/// var layer = sum.with(FeatureMap.ELU_PLUS_ONE, Weighting.MEAN);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values
/// @param map φ
/// @param weighting whether sums are read or means
/// @param chunk tokens at a time in the chunk-parallel form
/// @param form how the rule runs
public record LinearAttention(
    Projections projections, FeatureMap map, Weighting weighting, int chunk, Form form)
    implements SequenceLayer<Tensor> {

  /// A mean needs features that are not below 0.
  public LinearAttention {
    requireMeans(map, weighting);
  }

  /// Attention with φ(x) = x and no normalizer.
  public static LinearAttention init(Key key, DType dtype, int width) {
    return new LinearAttention(
        Projections.init(key, dtype, width),
        FeatureMap.IDENTITY,
        Weighting.SUM,
        Gates.CHUNK,
        Gates.FORM);
  }

  /// The same with other features and another weighting of what they find.
  public LinearAttention with(FeatureMap otherMap, Weighting otherWeighting) {
    return new LinearAttention(projections, otherMap, otherWeighting, chunk, form);
  }

  /// The same with another number of tokens at a time.
  public LinearAttention withChunk(int other) {
    return new LinearAttention(projections, map, weighting, other, form);
  }

  /// The same in another form.
  public LinearAttention withForm(Form other) {
    return new LinearAttention(projections, map, weighting, chunk, other);
  }

  /// Nothing, `[samples, values, width]`; in a mean the last value is the sum of the features.
  @Override
  public Tensor start(int samples) {
    return empty(projections, weighting, samples);
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    Projections.Rows at = projections.of(x, map);
    Tensor decay = Gates.one(at.v(), 0).onesLike();
    Tensor v = weighting.values(at.v());
    var read = LinearRule.read(new LinearRule.Tokens(at.q(), at.k(), v, decay), state, chunk, form);
    return new Out<>(weighting.reading(read.output()), read.carry());
  }

  static void requireMeans(FeatureMap map, Weighting weighting) {
    if (weighting == Weighting.MEAN && !map.isPositive()) {
      throw new IllegalArgumentException(
          "weights made of "
              + map
              + " may add up to 0: a mean needs ELU_PLUS_ONE, RELU or SOFTPLUS");
    }
  }

  static Tensor empty(Projections projections, Weighting weighting, int samples) {
    Tensor wv = projections.wv();
    int width = wv.shape().dim(-1);
    int values = weighting == Weighting.MEAN ? width + 1 : width;
    return wv.constant(0).broadcastTo(samples, values, width);
  }
}
