package nestor.hope.rule;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.nn.Normalization;

/// Softmax attention over all that was read, Vaswani et al., "Attention is all you need" (2017):
///
///     yₜ = Σ_{j ≤ t} softmax_j(qₜ · kⱼ / √width) vⱼ
///
/// as the memory that keeps everything, Behrouz et al., "Nested Learning" (2025), section 5.
///
/// ```java
/// var tokens = new AttentionRule.Tokens(q, k, v); // [8, time, 4, 16]
/// var none = AttentionRule.Seen.none(DType.FLOAT32, 8, 4, 16);
/// var read = AttentionRule.read(tokens, none, Positions.ROTARY);
/// Tensor y = read.output(); // and read.carry() is what has been seen
/// ```
public final class AttentionRule {
  private AttentionRule() {}

  /// What is looked at.
  ///
  /// @param q queries `[samples, time, heads, keys]`
  /// @param k keys `[samples, time, heads, keys]`
  /// @param v values `[samples, time, heads, values]`
  public record Tokens(Tensor q, Tensor k, Tensor v) {}

  /// What has been seen.
  ///
  /// @param k keys `[samples, past, heads, keys]`, without marks of positions
  /// @param v values `[samples, past, heads, values]`
  public record Seen(Tensor k, Tensor v) {
    /// What a sequence has seen before its first token.
    ///
    /// @param samples how many sequences
    /// @param heads how many heads
    /// @param keys the width of a head's keys and values
    public static Seen none(DType dtype, int samples, int heads, int keys) {
      Tensor empty = Tensor.zeros(dtype, samples, 0, heads, keys);
      return new Seen(empty, empty);
    }

    /// This and what came after it.
    Seen then(Tensor laterK, Tensor laterV) {
      return new Seen(Tensor.concat(1, List.of(k, laterK)), Tensor.concat(1, List.of(v, laterV)));
    }
  }

  /// The readings `[samples, time, heads, values]` and all that has been seen.
  public static Step<Seen, Tensor> read(Tokens tokens, Seen seen, Positions positions) {
    int past = seen.k.shape().dim(1);
    int time = tokens.q.shape().dim(1);
    Seen all = seen.then(tokens.k, tokens.v);
    Tensor visible = Tensor.ones(DType.INT32, time, past + time).tril(past).cast(DType.BOOL);
    return new Step<>(all, look(tokens.q, all, visible, positions, past));
  }

  /// What queries find among keys whose first has the position 0.
  ///
  /// @param visible which query sees which key, `[..., time, past + time]`
  /// @param past the position of the first query
  static Tensor look(Tensor q, Seen all, Tensor visible, Positions positions, int past) {
    double scale = 1 / Math.sqrt(q.shape().dim(-1));
    Tensor queries = positions.mark(q.moveAxis(2, 1), past); // [samples, heads, time, keys]
    Tensor keys = positions.mark(all.k.moveAxis(2, 1), 0);
    Tensor scores = queries.matmulTransposed(keys).times(scale);
    Tensor masked = visible.where(scores, scores.constant(Double.NEGATIVE_INFINITY));
    return Normalization.softmax(masked, -1).matmul(all.v.moveAxis(2, 1)).moveAxis(1, 2);
  }
}
