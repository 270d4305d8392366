package nestor.hope.rule;

import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;

/// Oja's rule with decay, Behrouz et al., "Nested Learning" (2025), equation 66; in this form Irie
/// et al., "Neural differential equations for learning to program neural nets through continuous
/// learning rules" (2022):
///
///     Sₜ = αₜ Sₜ₋₁ + βₜ vₜ (kₜ − αₜ Sₜ₋₁ᵀ vₜ)ᵀ,   yₜ = Sₜ qₜ
///
/// read after the write. It is the delta rule on the transposed memory with keys and values
/// exchanged: what v stands for is replaced, where the delta rule replaces what k stands for. It is
/// stable where βₜ ‖vₜ‖² ≤ 2. A memory S is `[samples, values, keys]`.
///
/// ```java
/// var tokens = new DeltaRule.Tokens(q, k, v, beta, alpha);
/// var read = OjaRule.read(tokens, Tensor.zeros(DType.FLOAT32, 8, 64, 64), 64, Form.RECURRENT);
/// Tensor y = read.output(); // and read.carry() is the memory afterwards
/// ```
public final class OjaRule {
  private OjaRule() {}

  /// The readings `[samples, time, values]` and the memory after the last token.
  ///
  /// @param memory S before the first token
  /// @param chunk how many tokens are read at once in the chunk-parallel form
  public static Step<Tensor, Tensor> read(
      DeltaRule.Tokens tokens, Tensor memory, int chunk, Form form) {
    return switch (form) {
      case RECURRENT -> Chunks.each(OjaRule::token, memory, tokens, 1);
      case CHUNK_PARALLEL -> Chunks.each(OjaRule::chunk, memory, tokens, chunk);
    };
  }

  private static Step<Tensor, Tensor> token(Tensor memory, DeltaRule.Tokens now) {
    Tensor kept = memory.times(now.decay().expandDims(2));
    Tensor error = now.k().minus(now.v().matmul(kept)).times(now.strength().expandDims(2));
    return LinearRule.added(kept, now.q(), error, now.v());
  }

  /// With U the errors of the delta rule for keys V and values K: Y = diag(G) Q S₀ᵀ + (Q Uᵀ ∘ Γ) V,
  /// S = G_C S₀ + (diag(Γ_C) V)ᵀ U.
  private static Step<Tensor, Tensor> chunk(Tensor memory, DeltaRule.Tokens now) {
    if (now.k().shape().dim(1) == 1) {
      return token(memory, now);
    }
    Decay decay = Decay.of(now.decay());
    Tensor known = now.v().matmul(memory);
    Tensor errors = DeltaRule.errors(now.v(), now.k(), known, now.strength(), decay);
    return LinearRule.added(memory, now.q(), errors, now.v(), decay);
  }
}
