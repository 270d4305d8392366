package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Attention;
import nestor.hope.rule.Form;
import nestor.hope.rule.Positions;
import nestor.hope.rule.WindowRule;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [SoftmaxAttention] and [SlidingWindowAttention] are their formula, head by head.
class AttentionLayersTest {
  private static final Tally TALLY = new Tally("layers of softmax attention");
  private static final DType F64 = DType.FLOAT64;
  private static final int WIDTH = Layers.WIDTH;
  private static final int HEADS = 3;
  private static final int KEYS = 2;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static HeadProjections projections() {
    return Layers.random(HeadProjections.init(Layers.KEY, F64, WIDTH, HEADS, KEYS));
  }

  private static Tensor x(int time) {
    return Layers.tokens(2, time, WIDTH);
  }

  @Test
  void attentionIsItsHeadsSideBySide() {
    HeadProjections p = projections();
    Tensor normal = p.norm().apply(x(9));
    List<Tensor> heads = new ArrayList<>();
    for (int i = 0; i < HEADS; i++) {
      heads.add(
          Attention.causal(
              normal.matmulTransposed(head(p.wq(), i)),
              normal.matmulTransposed(head(p.wk(), i)),
              normal.matmulTransposed(head(p.wv(), i)),
              1 / Math.sqrt(KEYS)));
    }
    Tensor expected = Tensor.concat(2, heads).matmulTransposed(p.wo());
    SoftmaxAttention attention = new SoftmaxAttention(p, Positions.NONE);
    TALLY.near(1e-13, expected, attention.read(x(9)));
    TALLY.equal(KEYS, p.keys());
  }

  private static Tensor head(Tensor weights, int i) {
    return weights.slice(0, i * KEYS, (i + 1) * KEYS);
  }

  @Test
  void aLongWindowIsAttentionToEverything() {
    Tensor expected = new SoftmaxAttention(projections(), Positions.ROTARY).read(x(9));
    for (int window : new int[] {9, 50}) {
      SlidingWindowAttention layer = SlidingWindowAttention.of(projections(), window);
      for (Form form : Form.values()) {
        TALLY.near(1e-13, expected, layer.withChunk(4).withForm(form).read(x(9)));
      }
    }
    TALLY.otherBits(expected, SlidingWindowAttention.of(projections(), 8).read(x(9)));
  }

  @Test
  void positionsMatter() {
    SoftmaxAttention rotary = new SoftmaxAttention(projections(), Positions.ROTARY);
    Tensor marked = rotary.read(x(9));
    TALLY.otherBits(marked, rotary.withPositions(Positions.NONE).read(x(9)));
    Tensor token = x(1);
    TALLY.sameBits(rotary.read(token), rotary.withPositions(Positions.NONE).read(token));
  }

  @Test
  void windowsSeeThePresentTokenAtLeast() {
    TALLY.fails(() -> WindowRule.Recent.none(F64, 2, HEADS, KEYS, 0), "at least", "not 0");
  }
}
