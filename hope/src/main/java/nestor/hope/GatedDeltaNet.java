package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.DeltaRule;
import nestor.hope.rule.Form;

/// The delta rule with forgetting, Behrouz et al., "Nested Learning" (2025), equation 65; Yang et
/// al., "Gated delta networks" (2024):
///
///     S ← a S (I − b k kᵀ) + b v kᵀ,   y = S q,   a = σ(w_a · norm(x)),   b = σ(w_b · norm(x))
///
/// read after the write; see [DeltaRule]. The bias of a starts at 2, so that a memory starts by
/// forgetting little.
///
/// ```java
/// var layer = GatedDeltaNet.init(key, DType.FLOAT32, 64).withForm(Form.RECURRENT);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values
/// @param gates `[2, width]`: the write strength b and the retention a
/// @param initial S before the first token, `[width, width]`, learned
/// @param strength how far b reaches
/// @param chunk tokens at a time in the chunk-parallel form
/// @param form how the rule runs
public record GatedDeltaNet(
    Projections projections,
    Linear gates,
    Tensor initial,
    WriteStrength strength,
    int chunk,
    Form form)
    implements SequenceLayer<Tensor> {

  /// A memory that starts empty, with b in (0, 1).
  public static GatedDeltaNet init(Key key, DType dtype, int width) {
    return new GatedDeltaNet(
        Projections.init(key, dtype, width),
        Gates.init(dtype, width, 0, Gates.KEEP),
        Tensor.zeros(dtype, width, width),
        WriteStrength.UP_TO_ONE,
        Gates.CHUNK,
        Gates.FORM);
  }

  /// The same with another reach of b.
  public GatedDeltaNet withStrength(WriteStrength other) {
    return new GatedDeltaNet(projections, gates, initial, other, chunk, form);
  }

  /// The same with another number of tokens at a time.
  public GatedDeltaNet withChunk(int other) {
    return new GatedDeltaNet(projections, gates, initial, strength, other, form);
  }

  /// The same in another form.
  public GatedDeltaNet withForm(Form other) {
    return new GatedDeltaNet(projections, gates, initial, strength, chunk, other);
  }

  @Override
  public Tensor start(int samples) {
    return Gates.start(initial, samples);
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    Projections.Rows at = projections.of(x);
    Tensor gate = gates.apply(at.normal()); // [samples, time, 2]
    Tensor b = strength.of(Gates.one(gate, 0));
    Tensor a = Gates.one(gate, 1).sigmoid();
    var tokens = new DeltaRule.Tokens(at.q(), at.k(), at.v(), b, a);
    var read = DeltaRule.read(tokens, state, chunk, form);
    return new Out<>(read.output(), read.carry());
  }
}
