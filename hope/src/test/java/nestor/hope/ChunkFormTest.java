package nestor.hope;

import static nestor.autodiff.Transform.vjp;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.AssociativeMemory.Out;
import nestor.hope.Projections.Columns;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The delta rules token by token equal their closed form over a whole chunk, Yang et al.,
/// "Parallelizing linear transformers with the delta rule" (2024).
class ChunkFormTest {
  private static final Tally TALLY = new Tally("delta rules, recurrent and by chunks");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A memory, its content and what it reads.
  private record At<M extends AssociativeMemory>(M memory, Tensor x, Tensor state) {
    Out recurrent() {
      return memory.apply(x, state);
    }

    Out chunk() {
      return switch (memory) {
        case GatedDeltaRule gated -> chunk(gated.projections(), gated.gates());
        case DeltaRule delta -> chunk(delta.projections(), delta.gate());
        case NoMemory none -> none.apply(x, state);
      };
    }

    /// With G_i = ∏_{j≤i} a_j and Γ_ij = G_i / G_j for i ≥ j:
    ///
    ///     U = (I + tril(diag(b) (K Kᵀ ∘ Γ), −1))⁻¹ diag(b) (V − diag(G) K S₀ᵀ)
    ///     O = diag(G) Q S₀ᵀ + (tril(Q Kᵀ) ∘ Γ) U,   S = G_C S₀ + (diag(G_C / G) U)ᵀ K
    private Out chunk(Projections projections, Linear gates) {
      int samples = x.shape().dim(0);
      int time = x.shape().dim(1);
      int width = x.shape().dim(2);
      Columns at = projections.of(x.reshape(samples * time, width));
      Tensor q = at.q().reshape(samples, time, width);
      Tensor k = at.k().reshape(samples, time, width);
      Tensor v = at.v().reshape(samples, time, width);
      Tensor gate = gates.apply(at.normal()).sigmoid().reshape(samples, time, -1);
      Tensor b = gate.slice(2, 0, 1); // [samples, time, 1]
      Tensor a = gate.shape().dim(2) == 1 ? b.onesLike() : gate.slice(2, 1, 2);
      Tensor logs = a.log().cumsum(1);
      Tensor g = logs.exp();
      Tensor ratios = logs.minus(logs.transpose()).tril(0).exp(); // Γ, 1 above the diagonal
      Tensor start = state.transpose(); // S₀ᵀ
      Tensor system = k.matmulTransposed(k).times(ratios).times(b).tril(-1);
      Tensor u = system.solveLowerUnit(v.minus(k.matmul(start).times(g)).times(b));
      Tensor o =
          q.matmul(start).times(g).plus(q.matmulTransposed(k).times(ratios).tril(0).matmul(u));
      Tensor all = g.slice(1, time - 1, time); // G_C
      Tensor left = logs.slice(1, time - 1, time).minus(logs).exp(); // G_C / G
      return new Out(o, state.times(all).plus(u.times(left).transpose().matmul(k)));
    }
  }

  private static <M extends AssociativeMemory> void assertEqualForms(M memory, int time) {
    Tensor x = Memories.tokens(3, time, Memories.WIDTH);
    At<M> at = new At<>(memory, x, Memories.content(memory, 3));
    var recurrent = vjp((At<M> a) -> a.recurrent(), at);
    var chunk = vjp((At<M> a) -> a.chunk(), at);
    TALLY.near(1e-10, recurrent.value(), chunk.value());
    Out cotangent =
        new Out(
            Memories.KEY.fold("o").normal(DType.FLOAT64, 3, time, Memories.WIDTH),
            Memories.KEY.fold("s").normal(DType.FLOAT64, 3, Memories.WIDTH, Memories.WIDTH));
    TALLY.near(1e-10, recurrent.pullback().apply(cotangent), chunk.pullback().apply(cotangent));
  }

  @Test
  void recurrentEqualsChunkwiseWithGradients() {
    for (int time : new int[] {1, 2, 7, 16}) {
      assertEqualForms(Memories.gated(Memories.WIDTH), time);
      assertEqualForms(Memories.delta(Memories.WIDTH), time);
    }
  }
}
