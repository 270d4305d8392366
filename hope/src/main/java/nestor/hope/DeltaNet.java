package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.DeltaRule;
import nestor.hope.rule.Form;

/// The delta rule without forgetting, Schlag et al., "Linear transformers are secretly fast weight
/// programmers" (2021): S ← S (I − b k kᵀ) + b v kᵀ, y = S q, b = σ(w_b · norm(x)), read after the
/// write; see [DeltaRule].
///
/// ```java
/// var layer = DeltaNet.init(key, DType.FLOAT32, 64).withStrength(WriteStrength.UP_TO_TWO);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values
/// @param gate `[1, width]`: the write strength b
/// @param initial S before the first token, `[width, width]`, learned
/// @param strength how far b reaches
/// @param chunk tokens at a time in the chunk-parallel form
/// @param form how the rule runs
public record DeltaNet(
    Projections projections,
    Linear gate,
    Tensor initial,
    WriteStrength strength,
    int chunk,
    Form form)
    implements SequenceLayer<Tensor> {

  /// A memory that starts empty, with b in (0, 1).
  public static DeltaNet init(Key key, DType dtype, int width) {
    return new DeltaNet(
        Projections.init(key, dtype, width),
        Gates.init(dtype, width, 0),
        Tensor.zeros(dtype, width, width),
        WriteStrength.UP_TO_ONE,
        Gates.CHUNK,
        Gates.FORM);
  }

  /// The same with another reach of b.
  public DeltaNet withStrength(WriteStrength other) {
    return new DeltaNet(projections, gate, initial, other, chunk, form);
  }

  /// The same with another number of tokens at a time.
  public DeltaNet withChunk(int other) {
    return new DeltaNet(projections, gate, initial, strength, other, form);
  }

  /// The same in another form.
  public DeltaNet withForm(Form other) {
    return new DeltaNet(projections, gate, initial, strength, chunk, other);
  }

  @Override
  public Tensor start(int samples) {
    return Gates.start(initial, samples);
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    Projections.Rows at = projections.of(x);
    Tensor b = Gates.one(strength.of(gate.apply(at.normal())), 0);
    var tokens = new DeltaRule.Tokens(at.q(), at.k(), at.v(), b, b.onesLike());
    var read = DeltaRule.read(tokens, state, chunk, form);
    return new Out<>(read.output(), read.carry());
  }
}
