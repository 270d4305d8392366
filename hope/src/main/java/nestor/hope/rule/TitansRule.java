package nestor.hope.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;

/// The long-term memory of Titans, Behrouz et al., "Titans: learning to memorize at test time"
/// (2024), equations 9 to 18: weights that a sequence writes by gradient descent with momentum and
/// forgetting,
///
///     Sₜ = ηₜ Sₜ₋₁ − θₜ ∇ ½ ‖M(kₜ) − vₜ‖²,   Wₜ = (1 − αₜ) Wₜ₋₁ + Sₜ,   yₜ = Mₜ(qₜ)
///
/// with the gradient at the weights that the token's chunk began with: those before the token for
/// chunks of 1. It is read after the write, which the paper leaves open; the paper's loss has no factor
/// ½, so its θ is half of this one. Gradients that are taken at the same weights add up: a key that comes
/// again and again within a chunk is followed with as many times the rate, which diverges where
/// rate · chunk · ‖k‖² is above 2.
///
/// ```java
/// var memory = MlpMemory.init(key, DType.FLOAT32, 64, 128);
/// var tokens = new TitansRule.Tokens(q, k, v, theta, eta, alpha);
/// var read = TitansRule.read(tokens, TitansRule.start(memory, 8), 64, Form.CHUNK_PARALLEL);
/// Tensor y = read.output(); // and read.carry() is the memory afterwards
/// ```
public final class TitansRule {
  private TitansRule() {}

  /// What a sequence tells the memory.
  ///
  /// @param q queries `[samples, time, width]`
  /// @param k keys `[samples, time, width]`
  /// @param v values `[samples, time, width]`
  /// @param rate θ `[samples, time]`
  /// @param momentum η `[samples, time]`: what is kept of past surprise
  /// @param forgetting α `[samples, time]`
  public record Tokens(
      Tensor q, Tensor k, Tensor v, Tensor rate, Tensor momentum, Tensor forgetting) {}

  /// A memory between two tokens.
  ///
  /// @param weights W, leaves `[samples, ...]`
  /// @param chunkStart the weights that the present chunk began with
  /// @param momentum S
  /// @param position how many tokens of the present chunk have been read; not a tensor, so compiled
  ///   functions have a plan for each that occurs
  public record State<M extends FastMemory>(M weights, M chunkStart, M momentum, int position) {}

  private record Carry<M extends FastMemory>(M weights, M momentum) {}

  /// The state of `samples` sequences that start from the same weights, without momentum.
  ///
  /// @param memory leaves `[out, in]`
  public static <M extends FastMemory> State<M> start(M memory, int samples) {
    if (memory instanceof Fixed) {
      throw new IllegalArgumentException("a Fixed network is not written, so it is no memory");
    }
    M each = FastMemory.forEach(memory, samples);
    return new State<>(each, each, Tree.map(each, Tensor::zerosLike), 0);
  }

  /// The readings `[samples, time, width]` and the state after the last token.
  ///
  /// @param chunk for how many tokens the gradient is taken at the same weights; it changes what is
  ///   computed, in both forms alike
  public static <M extends FastMemory> Step<State<M>, Tensor> read(
      Tokens tokens, State<M> state, int chunk, Form form) {
    var open =
        new Chunks.Open<>(
            new Carry<>(state.weights, state.momentum), state.chunkStart, state.position);
    boolean single = form == Form.RECURRENT || chunk == 1 || Chunks.length(tokens) == 1;
    var out =
        single
            ? Chunks.aligned(
                Function.<Tokens>identity(),
                (Carry<M> now, M start, Tokens part) -> recurrent(now, start, part),
                Carry::weights,
                open,
                tokens,
                chunk)
            : Chunks.aligned(
                Shares::of,
                (Carry<M> now, M start, Shares part) -> parallel(now, start, part),
                Carry::weights,
                open,
                tokens,
                chunk);
    var after = out.carry();
    Carry<M> now = after.now();
    return new Step<>(
        new State<>(now.weights, after.start(), now.momentum, after.position()), out.output());
  }

  /// A chunk or a part of one.
  private static <M extends FastMemory> Step<Carry<M>, Tensor> recurrent(
      Carry<M> carry, M start, Tokens tokens) {
    return Chunks.each((Carry<M> now, Tokens token) -> token(now, start, token), carry, tokens, 1);
  }

  private static <M extends FastMemory> Step<Carry<M>, Tensor> token(
      Carry<M> now, M start, Tokens token) {
    Tensor rate = token.rate.expandDims(2);
    Tensor kept = token.forgetting.neg().plus(1).expandDims(2);
    M surprise = Surprise.whole(start, token.k, token.v);
    M momentum =
        Tree.zip(
            now.momentum,
            surprise,
            (s, g) -> s.times(token.momentum.expandDims(2)).minus(g.times(rate)));
    M weights = Tree.zip(now.weights, momentum, (w, s) -> w.times(kept).plus(s));
    return new Step<>(new Carry<>(weights, momentum), weights.read(token.q));
  }

  /// Both recurrences are linear once the gradients δⱼ xⱼᵀ are known. With [Decay] Γ, G of 1 − α
  /// and Γ', G' of η:
  ///
  ///     Wₜ = Gₜ W₀ + (Γ G')ₜ S₀ − Σⱼ (Γ Γ')ₜⱼ θⱼ δⱼ xⱼᵀ
  ///
  /// These are the shares that everything has in the weights of a chunk, which no memory changes.
  ///
  /// @param ofWeights G `[samples, time, 1]`
  /// @param ofMomentum Γ G' `[samples, time, 1]`
  /// @param ofSurprise (Γ Γ')ₜⱼ θⱼ `[samples, time, time]`
  /// @param overlap (qₜ·kⱼ) (Γ Γ')ₜⱼ θⱼ `[samples, time, time]`
  /// @param momentumLeft G' of the last token, what is left of S₀ in its S, `[samples, 1, 1]`
  /// @param surpriseLeft what is left there of the surprises, `[samples, time, 1]`
  private record Shares(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor ofWeights,
      Tensor ofMomentum,
      Tensor ofSurprise,
      Tensor overlap,
      Tensor momentumLeft,
      Tensor surpriseLeft) {
    static Shares of(Tokens tokens) {
      Decay keep = Decay.of(tokens.forgetting.neg().plus(1));
      Decay inertia = Decay.of(tokens.momentum);
      Tensor ofSurprise = keep.between().matmul(inertia.between()).times(tokens.rate.expandDims(1));
      return new Shares(
          tokens.q,
          tokens.k,
          tokens.v,
          keep.since(),
          keep.between().matmul(inertia.since()),
          ofSurprise,
          tokens.q.matmulTransposed(tokens.k).times(ofSurprise),
          inertia.whole(),
          inertia.toEnd().times(tokens.rate.expandDims(2)));
    }

    /// The shares of the surprises in the product by z, with the overlap of z and their inputs.
    Tensor overlap(Tensor z, Tensor input) {
      return z == q && input == k ? overlap : z.matmulTransposed(input).times(ofSurprise);
    }
  }

  /// A product Wₜ zₜ needs no Wₜ, but zₜ·xⱼ of all pairs.
  private static <M extends FastMemory> Step<Carry<M>, Tensor> parallel(
      Carry<M> carry, M start, Shares shares) {
    int time = shares.q.shape().dim(1);
    Surprise surprise = Surprise.of(start, shares.k, shares.v);
    List<Tensor> weights = Tree.leaves(carry.weights);
    List<Tensor> momenta = Tree.leaves(carry.momentum);
    Tensor read =
        carry.weights.through(
            (matrix, x) ->
                x.matmulTransposed(weights.get(matrix))
                    .times(shares.ofWeights)
                    .plus(x.matmulTransposed(momenta.get(matrix)).times(shares.ofMomentum))
                    .minus(
                        shares
                            .overlap(x, surprise.inputs().get(matrix))
                            .matmul(surprise.errors().get(matrix))),
            shares.q);
    Tensor weightsLeft = shares.ofWeights.slice(1, time - 1, time);
    Tensor momentumAtEnd = shares.ofMomentum.slice(1, time - 1, time);
    Tensor surpriseAtEnd = shares.ofSurprise.slice(1, time - 1, time).transpose();
    List<Tensor> weightsAfter = new ArrayList<>();
    List<Tensor> momentaAfter = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Tensor input = surprise.inputs().get(i);
      Tensor error = surprise.errors().get(i);
      Tensor s = momenta.get(i);
      weightsAfter.add(
          weights
              .get(i)
              .times(weightsLeft)
              .plus(s.times(momentumAtEnd))
              .minus(error.times(surpriseAtEnd).transposedMatmul(input)));
      momentaAfter.add(
          s.times(shares.momentumLeft)
              .minus(error.times(shares.surpriseLeft).transposedMatmul(input)));
    }
    Carry<M> after =
        new Carry<>(
            Tree.withLeaves(carry.weights, weightsAfter),
            Tree.withLeaves(carry.momentum, momentaAfter));
    return new Step<>(after, read);
  }
}
