package nestor.hope.rule;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.hope.rule.TitansRule.State;
import nestor.hope.rule.TitansRule.Tokens;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What the memory of Titans is where other memories are known.
class TitansRuleTest {
  private static final Tally TALLY = new Tally("Titans beside other memories, and at its limits");
  private static final Key KEY = Key.of(11);
  private static final int TIME = 9;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  private static Tensor gate(String name) {
    return normal(name, 2, TIME).sigmoid();
  }

  private static Tensor all(double value) {
    return Tensor.full(DType.FLOAT64, value, 2, TIME);
  }

  private static Tokens tokens(Tensor rate, Tensor momentum, Tensor forgetting) {
    return new Tokens(
        normal("q", 2, TIME, 3),
        normal("k", 2, TIME, 3).times(0.5),
        normal("v", 2, TIME, 3),
        rate,
        momentum,
        forgetting);
  }

  private static <M extends FastMemory> State<M> start(M memory) {
    return TitansRule.start(memory, 2);
  }

  private static MlpMemory mlp() {
    return MlpMemory.init(KEY, DType.FLOAT64, 3, 4);
  }

  /// a W − θ (W k − v) kᵀ = a W (I − (θ / a) k kᵀ) + (θ / a) (a v) kᵀ.
  @Test
  void ofAMatrixWithoutMomentumIsTheGatedDeltaRule() {
    Tensor rate = gate("theta").times(0.5);
    Tensor forgetting = gate("alpha").times(0.3);
    Tensor kept = forgetting.neg().plus(1);
    Tokens t = tokens(rate, all(0), forgetting);
    var delta =
        new DeltaRule.Tokens(t.q(), t.k(), t.v().times(kept.expandDims(2)), rate.div(kept), kept);
    LinearMemory memory = new LinearMemory(normal("w", 3, 3));
    Tensor initial = FastMemory.forEach(memory, 2).w();
    for (Form form : Form.values()) {
      var titans = TitansRule.read(t, start(memory), 1, form);
      var expected = DeltaRule.read(delta, initial, 4, form);
      TALLY.near(1e-13, expected.output(), titans.output());
      TALLY.near(1e-13, expected.carry(), titans.carry().weights().w());
    }
  }

  @Test
  void withoutRateIsTheNetworkAsItIs() {
    Tokens t = tokens(all(0), gate("eta"), all(0));
    for (Form form : Form.values()) {
      for (int chunk : new int[] {1, 4}) {
        var read = TitansRule.read(t, start(mlp()), chunk, form);
        TALLY.sameBits(start(mlp()).weights(), read.carry().weights());
        TALLY.near(1e-15, FastMemory.forEach(mlp(), 2).read(t.q()), read.output());
      }
    }
  }

  /// Nothing of the weights before is left: W = S, and S is the last surprise.
  @Test
  void whatForgetsAllStartsAnew() {
    Tokens t = tokens(gate("theta"), all(0), all(1));
    for (Form form : Form.values()) {
      var read = TitansRule.read(t, start(mlp()), 4, form);
      TALLY.sameBits(read.carry().momentum(), read.carry().weights());
    }
  }

  /// S of a gradient that stays is the sum of a geometric series.
  @Test
  void momentumAddsUpSurprise() {
    Tokens one = tokens(all(0.1), all(0.5), all(0));
    Tensor k = one.k().slice(1, 0, 1).broadcastTo(2, TIME, 3);
    Tensor v = one.v().slice(1, 0, 1).broadcastTo(2, TIME, 3);
    Tokens same = new Tokens(one.q(), k, v, one.rate(), one.momentum(), one.forgetting());
    MlpMemory surprise =
        Surprise.whole(FastMemory.forEach(mlp(), 2), k.slice(1, 0, 1), v.slice(1, 0, 1));
    MlpMemory expected =
        Tree.map(surprise, g -> g.times(-0.1 * (1 - Math.pow(0.5, TIME)) / (1 - 0.5)));
    for (Form form : Form.values()) {
      var read = TitansRule.read(same, start(mlp()), TIME, form);
      TALLY.near(1e-14, expected, read.carry().momentum());
    }
  }

  @Test
  void aStateBelongsToItsChunks() {
    Tokens t = tokens(gate("theta"), gate("eta"), gate("alpha"));
    var after = TitansRule.read(t, start(mlp()), 5, Form.RECURRENT).carry();
    TALLY.equal(4, after.position());
    TALLY.equal(
        "the state is after token 4 of a chunk, which cannot be in chunks of 3",
        org.junit.jupiter.api.Assertions.assertThrows(
                IllegalArgumentException.class, () -> TitansRule.read(t, after, 3, Form.RECURRENT))
            .getMessage());
  }
}
