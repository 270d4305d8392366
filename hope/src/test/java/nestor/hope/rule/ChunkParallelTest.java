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

  private record Delta(DeltaRule.Tokens tokens, Tensor memory) {
    Step<Tensor, Tensor> read(int chunk, Form form) {
      return DeltaRule.read(tokens, memory, chunk, form);
    }
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  private static Delta delta(int time) {
    return new Delta(
        new DeltaRule.Tokens(
            normal("q", 2, time, 3),
            normal("k", 2, time, 3).times(0.6),
            normal("v", 2, time, 5),
            normal("b", 2, time).sigmoid(),
            normal("a", 2, time).plus(1).sigmoid()),
        normal("s", 2, 5, 3));
  }

  @Test
  void deltaRule() {
    for (int time : new int[] {1, 2, 5, 8, 11}) {
      for (int chunk : new int[] {1, 2, 4, 16}) {
        Delta at = delta(time);
        var recurrent = vjp((Delta d) -> d.read(chunk, Form.RECURRENT), at);
        var parallel = vjp((Delta d) -> d.read(chunk, Form.CHUNK_PARALLEL), at);
        TALLY.near(1e-12, recurrent.value(), parallel.value());
        Step<Tensor, Tensor> cotangent =
            new Step<>(normal("cs", 2, 5, 3), normal("cy", 2, time, 5));
        TALLY.near(
            1e-11, recurrent.pullback().apply(cotangent), parallel.pullback().apply(cotangent));
      }
    }
  }
}
