package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.LayerNorm;
import nestor.hope.rule.Fixed;
import nestor.hope.rule.Form;
import nestor.hope.rule.LinearMemory;
import nestor.hope.rule.MlpMemory;
import nestor.hope.rule.ScalarMemory;
import nestor.hope.rule.SelfModifyingRule;
import nestor.hope.rule.SelfModifyingRule.Memories;
import nestor.hope.rule.Shortened;

/// Self-modifying Titans, Behrouz et al., "Nested Learning" (2025), equations 83 to 90: memories
/// that make keys, values, rates and decays of a sequence and rewrite themselves while it is read;
/// see [SelfModifyingRule]. With k, v, q, η and α made of norm(x) by a memory each,
///
///     y = M_mem(q),   M ← M (α I − η k kᵀ) − η ∇ ½ ‖M(k) − v̂‖²,   v̂ = M(v)
///
/// for each memory M that is not [Fixed], with x, y `[samples, time, width]`.
/// What is learned is what they begin with.
///
/// The paper puts a convolution over four tokens before it (section 8.3): [Convolved].
///
/// ```java
/// var layer = SelfModifyingTitans.linear(key, DType.FLOAT32, 64).withChunk(16);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param norm of the tokens
/// @param memories before the first token
/// @param chunk for how many tokens everything is made by the same memories
/// @param form how the rule runs
public record SelfModifyingTitans(LayerNorm norm, Memories memories, int chunk, Form form)
    implements SequenceLayer<SelfModifyingRule.State> {

  /// Memories that are matrices, with a fixed query projection. Queries and keys start alike; the
  /// memory that is read starts empty, so the layer adds nothing until its beginning is learned.
  public static SelfModifyingTitans linear(Key key, DType dtype, int width) {
    LinearMemory keys = matrix(key.fold("key"), dtype, width);
    LinearMemory gate = new LinearMemory(Tensor.zeros(dtype, 1, width));
    return of(
        dtype,
        width,
        new Memories(
            keys,
            new Shortened(matrix(key.fold("value"), dtype, width)),
            new Fixed(keys),
            gate,
            gate,
            new LinearMemory(Tensor.zeros(dtype, width, width))));
  }

  /// Memories that are networks of two layers, equation 89, with a fixed query projection.
  ///
  /// @param hidden the hidden units of each
  public static SelfModifyingTitans deep(Key key, DType dtype, int width, int hidden) {
    return of(
        dtype,
        width,
        new Memories(
            MlpMemory.init(key.fold("key"), dtype, width, hidden),
            new Shortened(MlpMemory.init(key.fold("value"), dtype, width, hidden)),
            new Fixed(matrix(key.fold("query"), dtype, width)),
            ScalarMemory.init(key.fold("rate"), dtype, width, hidden),
            ScalarMemory.init(key.fold("decay"), dtype, width, hidden),
            MlpMemory.init(key.fold("memory"), dtype, width, hidden)));
  }

  /// Any memories.
  public static SelfModifyingTitans of(DType dtype, int width, Memories memories) {
    return new SelfModifyingTitans(LayerNorm.init(dtype, width), memories, 16, Gates.FORM);
  }

  private static LinearMemory matrix(Key key, DType dtype, int width) {
    return new LinearMemory(key.normal(dtype, width, width).div(Math.sqrt(width)));
  }

  /// The same with the query projection a memory too, which the paper leaves fixed.
  public SelfModifyingTitans withQueryMemory() {
    Memories m = memories;
    return m.query() instanceof Fixed fixed
        ? new SelfModifyingTitans(
            norm,
            new Memories(m.key(), m.value(), fixed.network(), m.rate(), m.decay(), m.memory()),
            chunk,
            form)
        : this;
  }

  /// The same with memories that stay for another number of tokens.
  public SelfModifyingTitans withChunk(int other) {
    return new SelfModifyingTitans(norm, memories, other, form);
  }

  /// The same in another form.
  public SelfModifyingTitans withForm(Form other) {
    return new SelfModifyingTitans(norm, memories, chunk, other);
  }

  @Override
  public SelfModifyingRule.State start(int samples) {
    return SelfModifyingRule.start(memories, samples);
  }

  @Override
  public Out<SelfModifyingRule.State> apply(Tensor x, SelfModifyingRule.State state) {
    var read = SelfModifyingRule.read(norm.apply(x), memories, state, chunk, form);
    return new Out<>(read.output(), read.carry());
  }
}
