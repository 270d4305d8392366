package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.FastMemory;
import nestor.hope.rule.Form;
import nestor.hope.rule.LinearMemory;
import nestor.hope.rule.MlpMemory;
import nestor.hope.rule.TitansRule;

/// The long-term memory of Titans, Behrouz et al., "Titans: learning to memorize at test time"
/// (2024), equations 9 to 15; see [TitansRule]:
///
///     S ← η S − θ ∇ ½ ‖M(k) − v‖²,   W ← (1 − α) W + S,   y = W_o M(q)
///     η = σ(w_η · norm(x)),   θ = ½ (1 − η) σ(w_θ · norm(x)),   α = σ(w_α · norm(x))
///
/// The paper leaves open how gates follow from a token. Here θ has the factor 1 − η, so that S is a
/// mean of surprises, and the step that a long momentum amounts to stays below ½ for a token. In
/// longer chunks the steps of a key that is repeated add up and may diverge, see [TitansRule]; the
/// default is 1, the fully recurrent model.
///
/// ```java
/// var layer = Titans.init(key, DType.FLOAT32, 64, 128).withChunk(16);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param projections queries, keys, values
/// @param gates `[3, width]`: rate θ, momentum η, forgetting α
/// @param initial the weights before the first token, learned
/// @param wo W_o `[width, width]`
/// @param chunk for how many tokens the gradient is taken at the same weights
/// @param form how the rule runs
public record Titans<M extends FastMemory>(
    Projections projections, Linear gates, M initial, Tensor wo, int chunk, Form form)
    implements SequenceLayer<TitansRule.State<M>> {
  private static final double LARGEST_RATE = 0.5;

  /// A deep memory, which adds nothing until W_o is written.
  ///
  /// @param hidden the memory's hidden units
  public static Titans<MlpMemory> init(Key key, DType dtype, int width, int hidden) {
    return over(
        key,
        dtype,
        MlpMemory.init(key.fold("memory"), dtype, width, hidden),
        Tensor.zeros(dtype, width, width));
  }

  /// A memory that is a matrix and starts empty, linear attention with surprise. W_o starts as the
  /// identity; were it 0 too, nothing would have a gradient.
  public static Titans<LinearMemory> linear(Key key, DType dtype, int width) {
    return over(
        key, dtype, new LinearMemory(Tensor.zeros(dtype, width, width)), Tensor.eye(dtype, width));
  }

  /// Any memory.
  ///
  /// @param initial from width to width, leaves `[out, in]`
  /// @param wo W_o `[width, width]`; not 0 where the memory starts empty, or nothing would be
  ///   learned
  public static <M extends FastMemory> Titans<M> over(Key key, DType dtype, M initial, Tensor wo) {
    int width = wo.shape().dim(0);
    return new Titans<>(
        Projections.init(key, dtype, width),
        Gates.init(dtype, width, 0, 0, -Gates.KEEP),
        initial,
        wo,
        1,
        Gates.FORM);
  }

  /// The same with gradients at the same weights for another number of tokens.
  public Titans<M> withChunk(int other) {
    return new Titans<>(projections, gates, initial, wo, other, form);
  }

  /// The same in another form.
  public Titans<M> withForm(Form other) {
    return new Titans<>(projections, gates, initial, wo, chunk, other);
  }

  @Override
  public TitansRule.State<M> start(int samples) {
    return TitansRule.start(initial, samples);
  }

  @Override
  public Out<TitansRule.State<M>> apply(Tensor x, TitansRule.State<M> state) {
    Projections.Rows at = projections.of(x);
    Tensor gate = gates.apply(at.normal()).sigmoid(); // [samples, time, 3]
    Tensor momentum = Gates.one(gate, 1);
    Tensor rate = Gates.one(gate, 0).times(momentum.neg().plus(1)).times(LARGEST_RATE);
    var tokens = new TitansRule.Tokens(at.q(), at.k(), at.v(), rate, momentum, Gates.one(gate, 2));
    var read = TitansRule.read(tokens, state, chunk, form);
    return new Out<>(read.output().matmulTransposed(wo), read.carry());
  }
}
