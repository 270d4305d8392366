package nestor.hope.rule;

import java.util.Arrays;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Attention;
import nestor.hope.rule.AttentionRule.Seen;
import nestor.hope.rule.AttentionRule.Tokens;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Softmax attention, over everything and over a window, against loops and against one another.
class AttentionRulesTest {
  private static final Tally TALLY = new Tally("softmax attention against loops");
  private static final int SAMPLES = 2;
  private static final int HEADS = 3;
  private static final int KEYS = 4;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor random(String name, int time) {
    return Key.of(9).fold(name).normal(DType.FLOAT64, SAMPLES, time, HEADS, KEYS);
  }

  private static Tokens tokens(int time) {
    return new Tokens(random("q", time), random("k", time), random("v", time));
  }

  private static Seen none() {
    return Seen.none(DType.FLOAT64, SAMPLES, HEADS, KEYS);
  }

  private static WindowRule.Recent nothing(int window) {
    return WindowRule.Recent.none(DType.FLOAT64, SAMPLES, HEADS, KEYS, window);
  }

  private static Tensor window(Tokens tokens, int window, Positions positions, Form form) {
    return WindowRule.read(tokens, nothing(window), positions, 4, form).output();
  }

  /// Number by number, with a rotation of complex numbers for positions.
  private static Tensor loop(Tokens at, int window, Positions positions) {
    int time = at.q().shape().dim(1);
    double[] y = new double[SAMPLES * time * HEADS * KEYS];
    for (int sample = 0; sample < SAMPLES; sample++) {
      for (int head = 0; head < HEADS; head++) {
        for (int t = 0; t < time; t++) {
          double[] q = marked(row(at.q(), sample, t, head), t, positions);
          double[] sum = new double[KEYS];
          double weights = 0;
          for (int j = Math.max(0, t - window + 1); j <= t; j++) {
            double[] k = marked(row(at.k(), sample, j, head), j, positions);
            double score = 0;
            for (int i = 0; i < KEYS; i++) {
              score += q[i] * k[i] / Math.sqrt(KEYS);
            }
            double[] v = row(at.v(), sample, j, head);
            for (int i = 0; i < KEYS; i++) {
              sum[i] += Math.exp(score) * v[i];
            }
            weights += Math.exp(score);
          }
          for (int i = 0; i < KEYS; i++) {
            y[((sample * time + t) * HEADS + head) * KEYS + i] = sum[i] / weights;
          }
        }
      }
    }
    return Tensor.of(at.q().shape(), y);
  }

  private static double[] row(Tensor x, int sample, int t, int head) {
    return x.get(sample).get(t).get(head).toDoubles();
  }

  private static double[] marked(double[] x, int position, Positions positions) {
    double[] y = x.clone();
    for (int i = 0; i < KEYS / 2 && positions == Positions.ROTARY; i++) {
      double angle = position * Math.pow(10_000, -2.0 * i / KEYS);
      double a = x[i];
      double b = x[i + KEYS / 2];
      y[i] = a * Math.cos(angle) - b * Math.sin(angle);
      y[i + KEYS / 2] = a * Math.sin(angle) + b * Math.cos(angle);
    }
    return y;
  }

  @Test
  void attentionIsItsLoop() {
    for (Positions positions : Positions.values()) {
      for (int time : new int[] {1, 2, 11}) {
        Tokens at = tokens(time);
        TALLY.near(
            1e-13, loop(at, time, positions), AttentionRule.read(at, none(), positions).output());
        for (int window : new int[] {1, 2, 3, 7, 11, 20}) {
          for (Form form : Form.values()) {
            TALLY.near(1e-13, loop(at, window, positions), window(at, window, positions, form));
          }
        }
      }
    }
  }

  @Test
  void aWindowAsLongAsTheSequenceIsFullAttention() {
    Tokens at = tokens(9);
    for (Positions positions : Positions.values()) {
      Tensor full = AttentionRule.read(at, none(), positions).output();
      for (Form form : Form.values()) {
        TALLY.near(1e-13, full, window(at, 9, positions, form));
        TALLY.near(1e-13, full, window(at, 30, positions, form));
      }
    }
  }

  @Test
  void oneHeadIsTheDefinition() {
    Tokens at = tokens(9);
    Tensor all = AttentionRule.read(at, none(), Positions.NONE).output();
    for (int head = 0; head < HEADS; head++) {
      Tensor expected =
          Attention.causal(
              one(at.q(), head), one(at.k(), head), one(at.v(), head), 1 / Math.sqrt(KEYS));
      TALLY.near(1e-14, expected, one(all, head));
    }
  }

  private static Tensor one(Tensor x, int head) {
    return x.slice(2, head, head + 1).reshape(SAMPLES, x.shape().dim(1), KEYS);
  }

  @Test
  void equalScoresGiveTheMean() {
    Tokens drawn = tokens(8);
    Tokens at = new Tokens(drawn.q().zerosLike(), drawn.k(), drawn.v());
    Tensor sums = drawn.v().cumsum(1);
    Tensor counts = Tensor.arange(DType.FLOAT64, 8).plus(1).reshape(8, 1, 1);
    for (Positions positions : Positions.values()) {
      TALLY.near(1e-14, sums.div(counts), AttentionRule.read(at, none(), positions).output());
    }
    Tensor threeLast = sums.minus(sums.pad(three(3), three(0)).slice(1, 0, 8));
    Tensor seen = counts.minimum(3);
    for (Form form : Form.values()) {
      TALLY.near(1e-14, threeLast.div(seen), window(at, 3, Positions.ROTARY, form));
    }
  }

  /// So much before or behind on the axis of time.
  private static int[] three(int count) {
    return new int[] {0, count, 0, 0};
  }

  @Test
  void rotaryScoresDependOnDifferencesOnly() {
    Tensor q = random("q", 1).reshape(SAMPLES, HEADS, 1, KEYS);
    Tensor k = random("k", 1).reshape(SAMPLES, HEADS, 1, KEYS);
    for (int apart : new int[] {0, 1, 5, 100}) {
      Tensor near = score(q, apart, k, 0);
      TALLY.near(1e-12, near, score(q, apart + 7, k, 7));
      TALLY.near(1e-12, near, score(q, apart - 40, k, -40));
      TALLY.near(1e-11, near, score(q, apart + 10_000, k, 10_000));
      TALLY.otherBits(near, score(q, apart + 1, k, 0));
    }
    TALLY.near(1e-14, q.matmulTransposed(k), score(q, 3, k, 3));
    TALLY.sameBits(q, Positions.ROTARY.mark(q, 0));
  }

  private static Tensor score(Tensor q, int at, Tensor k, int other) {
    Positions rotary = Positions.ROTARY;
    return rotary.mark(q, at).matmulTransposed(rotary.mark(k, other));
  }

  @Test
  void onlyPairsCanBeTurned() {
    TALLY.fails(
        () -> Positions.ROTARY.mark(Tensor.zeros(DType.FLOAT64, 2, 3), 0), "pairs", "has 3");
  }

  @Test
  void windowsRememberNoMoreThanTheySee() {
    for (Form form : Form.values()) {
      var read = WindowRule.read(tokens(11), nothing(4), Positions.ROTARY, 4, form).carry();
      TALLY.sameBits(random("k", 11).slice(1, 8, 11), read.seen().k());
      TALLY.sameBits(random("v", 11).slice(1, 8, 11), read.seen().v());
      TALLY.equal(List.of(11L, 11L), Arrays.stream(read.read().toLongs()).boxed().toList());
    }
  }
}
