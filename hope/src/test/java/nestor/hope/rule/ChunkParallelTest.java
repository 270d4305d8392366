package nestor.hope.rule;

import static nestor.autodiff.Transform.vjp;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Rules read chunk by chunk what they read token by token, with the same gradients.
class ChunkParallelTest {
  private static final Tally TALLY = new Tally("rules, token by token and by chunks");
  private static final Key KEY = Key.of(7);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A rule of matrix memories.
  private interface Rule<X> {
    Step<Tensor, Tensor> read(X tokens, Tensor memory, int chunk, Form form);
  }

  private record At<X>(X tokens, Tensor memory) {
    Step<Tensor, Tensor> read(Rule<X> rule, int chunk, Form form) {
      return rule.read(tokens, memory, chunk, form);
    }
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  private static Tensor memory() {
    return normal("s", 2, 5, 3);
  }

  private static DeltaRule.Tokens tokens(int time) {
    return new DeltaRule.Tokens(
        normal("q", 2, time, 3),
        normal("k", 2, time, 3).times(0.6),
        normal("v", 2, time, 5).times(0.5),
        normal("b", 2, time).sigmoid(),
        normal("a", 2, time).plus(1).sigmoid());
  }

  private static LinearRule.Tokens linear(DeltaRule.Tokens tokens) {
    return new LinearRule.Tokens(tokens.q(), tokens.k(), tokens.v(), tokens.decay());
  }

  private static <X> void assertEqualForms(Rule<X> rule, X tokens, int time) {
    At<X> at = new At<>(tokens, memory());
    var recurrent = vjp((At<X> d) -> d.read(rule, 1, Form.RECURRENT), at);
    Step<Tensor, Tensor> cotangent = new Step<>(normal("cs", 2, 5, 3), normal("cy", 2, time, 5));
    for (int chunk : new int[] {1, 2, 4, 16}) {
      var parallel = vjp((At<X> d) -> d.read(rule, chunk, Form.CHUNK_PARALLEL), at);
      TALLY.near(1e-12, recurrent.value(), parallel.value());
      TALLY.near(
          1e-11, recurrent.pullback().apply(cotangent), parallel.pullback().apply(cotangent));
    }
  }

  @Test
  void rulesEqualTheirChunksWithGradients() {
    for (int time : new int[] {1, 2, 5, 8, 11}) {
      assertEqualForms(DeltaRule::read, tokens(time), time);
      assertEqualForms(OjaRule::read, tokens(time), time);
      assertEqualForms(LinearRule::read, linear(tokens(time)), time);
    }
  }

  /// A token that forgets everything has ratios of products that are 0 / 0 in logarithms.
  @Test
  void tokensThatForgetEverythingAreExact() {
    DeltaRule.Tokens drawn = tokens(6);
    Tensor decay = Tensor.of(0.5, 1, 0, 0.3, 0, 0.9).broadcastTo(2, 6);
    DeltaRule.Tokens forgetting =
        new DeltaRule.Tokens(drawn.q(), drawn.k(), drawn.v(), drawn.strength(), decay);
    assertEqualForms(DeltaRule::read, forgetting, 6);
    assertEqualForms(OjaRule::read, forgetting, 6);
    assertEqualForms(LinearRule::read, linear(forgetting), 6);
  }

  /// With G_i = ∏_{j≤i} a_j and Γ_ij = G_i / G_j for i ≥ j, by logarithms:
  ///
  ///     U = (I + tril(diag(b) (K Kᵀ ∘ Γ), −1))⁻¹ diag(b) (V − diag(G) K S₀ᵀ)
  ///     O = diag(G) Q S₀ᵀ + (tril(Q Kᵀ) ∘ Γ) U,   S = G_C S₀ + (diag(G_C / G) U)ᵀ K
  @Test
  void theDeltaRuleIsItsClosedForm() {
    for (int time : new int[] {1, 2, 7, 16}) {
      DeltaRule.Tokens at = tokens(time);
      Tensor b = at.strength().expandDims(2); // [samples, time, 1]
      Tensor logs = at.decay().log().expandDims(2).cumsum(1);
      Tensor g = logs.exp();
      Tensor ratios = logs.minus(logs.transpose()).tril(0).exp(); // Γ, 1 above the diagonal
      Tensor start = memory().transpose(); // S₀ᵀ
      Tensor system = at.k().matmulTransposed(at.k()).times(ratios).times(b).tril(-1);
      Tensor u = system.solveLowerUnit(at.v().minus(at.k().matmul(start).times(g)).times(b));
      Tensor weights = at.q().matmulTransposed(at.k()).times(ratios).tril(0);
      Tensor o = at.q().matmul(start).times(g).plus(weights.matmul(u));
      Tensor all = g.slice(1, time - 1, time); // G_C
      Tensor left = logs.slice(1, time - 1, time).minus(logs).exp(); // G_C / G
      Tensor s = memory().times(all).plus(u.times(left).transpose().matmul(at.k()));
      TALLY.near(1e-12, new Step<>(s, o), DeltaRule.read(at, memory(), 1, Form.RECURRENT));
    }
  }

  @Test
  void chunksHaveTokens() {
    TALLY.fails(
        () -> DeltaRule.read(tokens(4), memory(), 0, Form.CHUNK_PARALLEL), "at least one token");
    TALLY.fails(
        () -> DeltaRule.read(tokens(0), memory(), 4, Form.CHUNK_PARALLEL), "at least one token");
  }
}
