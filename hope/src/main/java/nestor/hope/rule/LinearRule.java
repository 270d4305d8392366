package nestor.hope.rule;

import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;

/// Linear attention with decay, Katharopoulos et al., "Transformers are RNNs" (2020); Behrouz et
/// al., "Nested Learning" (2025), equations 14 to 16 and 64:
///
///     Sₜ = αₜ Sₜ₋₁ + vₜ kₜᵀ,   yₜ = Sₜ qₜ
///
/// read after the write; with α = 1 and S₀ = 0 it is tril(Q Kᵀ) V. A memory S is `[samples, values,
/// keys]`.
///
/// ```java
/// var tokens = new LinearRule.Tokens(q, k, v, alpha);
/// var read = LinearRule.read(tokens, Tensor.zeros(DType.FLOAT32, 8, 64, 64), 64, Form.RECURRENT);
/// Tensor y = read.output(); // and read.carry() is the memory afterwards
/// ```
public final class LinearRule {
  private LinearRule() {}

  /// What a sequence tells the memory.
  ///
  /// @param q queries `[samples, time, keys]`
  /// @param k keys `[samples, time, keys]`
  /// @param v values `[samples, time, values]`
  /// @param decay α `[samples, time]`: what is kept
  public record Tokens(Tensor q, Tensor k, Tensor v, Tensor decay) {}

  /// The readings `[samples, time, values]` and the memory after the last token.
  ///
  /// @param memory S before the first token
  /// @param chunk how many tokens are read at once in the chunk-parallel form
  public static Step<Tensor, Tensor> read(Tokens tokens, Tensor memory, int chunk, Form form) {
    return switch (form) {
      case RECURRENT -> Chunks.each(LinearRule::token, memory, tokens, 1);
      case CHUNK_PARALLEL -> Chunks.each(LinearRule::chunk, memory, tokens, chunk);
    };
  }

  private static Step<Tensor, Tensor> token(Tensor memory, Tokens now) {
    return added(memory.times(now.decay.expandDims(2)), now.q, now.k, now.v);
  }

  /// With G and Γ of [Decay]: Y = diag(G) Q S₀ᵀ + (Q Kᵀ ∘ Γ) V, S = G_C S₀ + (diag(Γ_C) V)ᵀ K.
  private static Step<Tensor, Tensor> chunk(Tensor memory, Tokens now) {
    if (now.k.shape().dim(1) == 1) {
      return token(memory, now);
    }
    return added(memory, now.q, now.k, now.v, Decay.of(now.decay));
  }

  /// S + v kᵀ for one token, and its reading S q after that.
  static Step<Tensor, Tensor> added(Tensor kept, Tensor q, Tensor k, Tensor v) {
    Tensor written = kept.plus(v.transposedMatmul(k));
    return new Step<>(written, q.matmulTransposed(written));
  }

  /// The sums of v kᵀ over a chunk, decaying, and their readings. A delta rule is this sum, too,
  /// once its errors are known, which stand for values, or for keys.
  static Step<Tensor, Tensor> added(Tensor memory, Tensor q, Tensor k, Tensor v, Decay decay) {
    Tensor before = q.matmulTransposed(memory).times(decay.since());
    Tensor within = q.matmulTransposed(k).times(decay.between()).matmul(v);
    Tensor written = v.times(decay.toEnd()).transposedMatmul(k);
    return new Step<>(memory.times(decay.whole()).plus(written), before.plus(within));
  }
}
