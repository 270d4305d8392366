package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.DeltaRule;
import nestor.hope.rule.Form;
import nestor.hope.rule.OjaRule;
import nestor.hope.rule.Shortened;

/// A memory written by Oja's rule, Behrouz et al., "Nested Learning" (2025), equation 66:
///
///     S ← S + b v (k − Sᵀ v)ᵀ,   y = S q,   b = σ(w_b · norm(x))
///
/// read after the write; see [OjaRule]. Values are shortened to a norm below 1, v / √(1 + ‖v‖²),
/// for with longer ones the rule explodes.
///
/// ```java
/// var layer = OjaMemory.init(key, DType.FLOAT32, 64);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values
/// @param gate `[1, width]`: the write strength b
/// @param initial S before the first token, `[width, width]`, learned
/// @param chunk tokens at a time in the chunk-parallel form
/// @param form how the rule runs
public record OjaMemory(Projections projections, Linear gate, Tensor initial, int chunk, Form form)
    implements SequenceLayer<Tensor> {

  /// A memory that starts empty.
  public static OjaMemory init(Key key, DType dtype, int width) {
    return new OjaMemory(
        Projections.init(key, dtype, width),
        Gates.init(dtype, width, 0),
        Tensor.zeros(dtype, width, width),
        Gates.CHUNK,
        Gates.FORM);
  }

  /// The same with another number of tokens at a time.
  public OjaMemory withChunk(int other) {
    return new OjaMemory(projections, gate, initial, other, form);
  }

  /// The same in another form.
  public OjaMemory withForm(Form other) {
    return new OjaMemory(projections, gate, initial, chunk, other);
  }

  @Override
  public Tensor start(int samples) {
    return Gates.start(initial, samples);
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    Projections.Rows at = projections.of(x);
    Tensor v = Shortened.of(at.v());
    Tensor b = Gates.one(gate.apply(at.normal()).sigmoid(), 0);
    var tokens = new DeltaRule.Tokens(at.q(), at.k(), v, b, b.onesLike());
    var read = OjaRule.read(tokens, state, chunk, form);
    return new Out<>(read.output(), read.carry());
  }
}
