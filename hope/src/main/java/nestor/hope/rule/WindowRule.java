package nestor.hope.rule;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.hope.rule.AttentionRule.Seen;
import nestor.hope.rule.AttentionRule.Tokens;

/// Softmax attention over the last `window` tokens, the present one among them, Behrouz et al.,
/// "Nested Learning" (2025), equation 63:
///
///     yₜ = Σ_{t − window < j ≤ t} softmax_j(qₜ · kⱼ / √width) vⱼ
///
/// Time and memory grow with the length of a sequence, not with its square.
///
/// ```java
/// var tokens = new AttentionRule.Tokens(q, k, v); // [8, time, 4, 16]
/// var none = WindowRule.Recent.none(DType.FLOAT32, 8, 4, 16, 32); // a window of 32 tokens
/// var read = WindowRule.read(tokens, none, Positions.ROTARY, 64, Form.RECURRENT);
/// Tensor y = read.output(); // and read.carry() is what the next token will see
/// ```
public final class WindowRule {
  private WindowRule() {}

  /// What the next token will see beside itself.
  ///
  /// @param seen the last window − 1 keys and values, the latest last; 0 for those that never were
  /// @param read how many tokens have been read, `[samples]`, whole numbers
  public record Recent(Seen seen, Tensor read) {
    /// What is seen before the first token.
    ///
    /// @param samples how many sequences
    /// @param heads how many heads
    /// @param keys the width of a head's keys and values
    /// @param window how many tokens are seen
    public static Recent none(DType dtype, int samples, int heads, int keys, int window) {
      if (window < 1) {
        throw new IllegalArgumentException(
            "a window shows at least the present token, not " + window + " tokens");
      }
      Tensor zeros = Tensor.zeros(dtype, samples, window - 1, heads, keys);
      return new Recent(new Seen(zeros, zeros), Tensor.zeros(DType.INT64, samples));
    }
  }

  /// The readings `[samples, time, heads, values]` and what the token after the last will see.
  ///
  /// @param chunk how many tokens are read at once in the chunk-parallel form
  public static Step<Recent, Tensor> read(
      Tokens tokens, Recent recent, Positions positions, int chunk, Form form) {
    return Chunks.each(
        (Recent before, Tokens now) -> chunk(before, now, positions),
        recent,
        tokens,
        form == Form.RECURRENT ? 1 : chunk);
  }

  /// Positions count from the oldest key: only differences matter, and small angles stay exact.
  private static Step<Recent, Tensor> chunk(Recent recent, Tokens now, Positions positions) {
    int past = recent.seen.k().shape().dim(1);
    int time = now.q().shape().dim(1);
    int samples = now.q().shape().dim(0);
    Seen all = recent.seen.then(now.k(), now.v());
    Tensor key = Tensor.arange(DType.INT64, past + time);
    Tensor query = Tensor.arange(DType.INT64, time).reshape(time, 1);
    Tensor inWindow = key.greaterEqual(query).and(key.lessEqual(query.plus(past)));
    Tensor exists =
        key.plus(recent.read.reshape(samples, 1, 1, 1)).greaterEqual(key.constant(past));
    Tensor y = AttentionRule.look(now.q(), all, inWindow.and(exists), positions, past);
    Seen last = new Seen(all.k().slice(1, time, past + time), all.v().slice(1, time, past + time));
    return new Step<>(new Recent(last, recent.read.plus(time)), y);
  }
}
