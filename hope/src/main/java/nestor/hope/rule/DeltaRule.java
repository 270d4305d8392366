package nestor.hope.rule;

import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;

/// The gated delta rule, Behrouz et al., "Nested Learning" (2025), equation 65; Yang et al., "Gated
/// delta networks" (2024):
///
///     Sₜ = αₜ Sₜ₋₁ (I − βₜ kₜ kₜᵀ) + βₜ vₜ kₜᵀ,   yₜ = Sₜ qₜ
///
/// read after the write; α = 1 is the delta rule of Schlag et al., "Linear transformers are
/// secretly fast weight programmers" (2021). A memory S is `[samples, values, keys]`.
///
/// ```java
/// var tokens = new DeltaRule.Tokens(q, k, v, beta, alpha);
/// var read = DeltaRule.read(tokens, Tensor.zeros(DType.FLOAT32, 8, 64, 64), 64, Form.RECURRENT);
/// Tensor y = read.output(); // and read.carry() is the memory afterwards
/// ```
public final class DeltaRule {
  private DeltaRule() {}

  /// What a sequence tells the memory.
  ///
  /// @param q queries `[samples, time, keys]`
  /// @param k keys `[samples, time, keys]`
  /// @param v values `[samples, time, values]`
  /// @param strength β `[samples, time]`
  /// @param decay α `[samples, time]`: what is kept
  public record Tokens(Tensor q, Tensor k, Tensor v, Tensor strength, Tensor decay) {}

  /// The readings `[samples, time, values]` and the memory after the last token.
  ///
  /// @param memory S before the first token
  /// @param chunk how many tokens are read at once in the chunk-parallel form
  public static Step<Tensor, Tensor> read(Tokens tokens, Tensor memory, int chunk, Form form) {
    return switch (form) {
      case RECURRENT -> Chunks.each(DeltaRule::token, memory, tokens, 1);
      case CHUNK_PARALLEL -> Chunks.each(DeltaRule::chunk, memory, tokens, chunk);
    };
  }

  private static Step<Tensor, Tensor> token(Tensor memory, Tokens now) {
    Tensor kept = memory.times(now.decay.expandDims(2));
    Tensor error = now.v.minus(now.k.matmulTransposed(kept)).times(now.strength.expandDims(2));
    return LinearRule.added(kept, now.q, now.k, error);
  }

  /// With G and Γ of [Decay], Yang et al. (2024), section 3.3:
  ///
  ///     U = (I + tril(diag(β) (K Kᵀ ∘ Γ), −1))⁻¹ diag(β) (V − diag(G) K S₀ᵀ)
  ///     Y = diag(G) Q S₀ᵀ + (Q Kᵀ ∘ Γ) U,   S = G_C S₀ + (diag(Γ_C) U)ᵀ K
  private static Step<Tensor, Tensor> chunk(Tensor memory, Tokens now) {
    if (now.k.shape().dim(1) == 1) {
      return token(memory, now);
    }
    Decay decay = Decay.of(now.decay);
    Tensor known = now.k.matmulTransposed(memory);
    Tensor errors = errors(now.k, now.v, known, now.strength, decay);
    return LinearRule.added(memory, now.q, now.k, errors, decay);
  }

  /// U, what each token of a chunk writes, the writes of the tokens before it taken into account.
  ///
  /// @param k keys `[samples, time, keys]`
  /// @param v values `[samples, time, values]`
  /// @param known what the memory before the chunk reads at the keys, `[samples, time, values]`
  static Tensor errors(Tensor k, Tensor v, Tensor known, Tensor strength, Decay decay) {
    Tensor by = strength.expandDims(2);
    Tensor overlap = k.matmulTransposed(k).times(decay.between()).times(by);
    return overlap.solveLowerUnit(v.minus(known.times(decay.since())).times(by));
  }
}
