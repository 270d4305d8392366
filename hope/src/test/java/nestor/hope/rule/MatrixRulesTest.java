package nestor.hope.rule;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.nn.Attention;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Memories that are matrices store, replace and forget as their formulas say.
class MatrixRulesTest {
  private static final Tally TALLY = new Tally("linear, delta and Oja's rules against loops");
  private static final int SAMPLES = 2;
  private static final int KEYS = 4;
  private static final int VALUES = 3;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor random(String name, int... dims) {
    return Key.of(8).fold(name).normal(DType.FLOAT64, dims);
  }

  private static Tensor memory() {
    return random("memory", SAMPLES, VALUES, KEYS);
  }

  private static Tensor full(double value, int time) {
    return Tensor.full(DType.FLOAT64, value, SAMPLES, time);
  }

  private static DeltaRule.Tokens drawn(int time) {
    return new DeltaRule.Tokens(
        random("q", SAMPLES, time, KEYS),
        random("k", SAMPLES, time, KEYS).times(0.5),
        random("v", SAMPLES, time, VALUES).times(0.5),
        random("b", SAMPLES, time).sigmoid(),
        random("a", SAMPLES, time).sigmoid());
  }

  private static DeltaRule.Tokens with(DeltaRule.Tokens tokens, Tensor strength, Tensor decay) {
    return new DeltaRule.Tokens(tokens.q(), tokens.k(), tokens.v(), strength, decay);
  }

  private static LinearRule.Tokens linear(DeltaRule.Tokens tokens) {
    return new LinearRule.Tokens(tokens.q(), tokens.k(), tokens.v(), tokens.decay());
  }

  /// Keys and queries that are the unit vectors in an order.
  private static DeltaRule.Tokens units(Tensor values, double strength, int... units) {
    Tensor eye = Tensor.eye(DType.FLOAT64, KEYS);
    Tensor keys = eye.take(Tensor.of(units), 0).broadcastTo(SAMPLES, units.length, KEYS);
    Tensor decay = full(1, units.length);
    return new DeltaRule.Tokens(keys, keys, values, full(strength, units.length), decay);
  }

  // ---------------------------------------------------------------- second roads

  @Test
  void linearAttentionIsTheMaskedProduct() {
    int time = 9;
    DeltaRule.Tokens at = drawn(time);
    LinearRule.Tokens tokens = linear(with(at, at.strength(), full(1, time)));
    Tensor expected = Attention.linearCausal(at.q(), at.k(), at.v());
    for (Form form : Form.values()) {
      TALLY.near(1e-14, expected, LinearRule.read(tokens, zeros(), 4, form).output());
    }
  }

  @Test
  void theDeltaRuleIsTheReference() {
    DeltaRule.Tokens at = drawn(9);
    Tensor expected = Attention.gatedDeltaRule(at.q(), at.k(), at.v(), at.strength(), at.decay());
    for (Form form : Form.values()) {
      TALLY.near(1e-13, expected, DeltaRule.read(at, zeros(), 4, form).output());
    }
  }

  /// Mᵀ ← α Mᵀ + β (k − α Mᵀ v) vᵀ.
  @Test
  void ojasRuleIsTheDeltaRuleTransposed() {
    DeltaRule.Tokens at = drawn(9);
    DeltaRule.Tokens exchanged =
        new DeltaRule.Tokens(at.v(), at.v(), at.k(), at.strength(), at.decay());
    Tensor expected =
        DeltaRule.read(exchanged, memory().transpose(), 1, Form.RECURRENT).carry().transpose();
    for (Form form : Form.values()) {
      TALLY.near(1e-13, expected, OjaRule.read(at, memory(), 4, form).carry());
    }
  }

  private static Tensor zeros() {
    return memory().zerosLike();
  }

  // ---------------------------------------------------------------- loops

  private enum Kind {
    LINEAR,
    DELTA,
    OJA
  }

  /// Number by number, one sample after the other.
  private static Step<Tensor, Tensor> loop(Kind kind, DeltaRule.Tokens at, Tensor memory) {
    List<Tensor> readings = new ArrayList<>();
    List<Tensor> memories = new ArrayList<>();
    for (int sample = 0; sample < SAMPLES; sample++) {
      double[][] s = (double[][]) memory.get(sample).toArray();
      for (int t = 0; t < at.q().shape().dim(1); t++) {
        double[] q = at.q().get(sample).get(t).toDoubles();
        double[] k = at.k().get(sample).get(t).toDoubles();
        double[] v = at.v().get(sample).get(t).toDoubles();
        double b = at.strength().get(sample).get(t).item();
        double a = at.decay().get(sample).get(t).item();
        double[] y = new double[VALUES];
        double[][] next = new double[VALUES][KEYS];
        for (int i = 0; i < VALUES; i++) {
          for (int j = 0; j < KEYS; j++) {
            double found = 0;
            for (int l = 0; l < KEYS && kind == Kind.DELTA; l++) {
              found += a * s[i][l] * k[l] * k[j];
            }
            for (int l = 0; l < VALUES && kind == Kind.OJA; l++) {
              found += v[i] * a * s[l][j] * v[l];
            }
            next[i][j] = a * s[i][j] + (kind == Kind.LINEAR ? 1 : b) * (v[i] * k[j] - found);
            y[i] += next[i][j] * q[j];
          }
        }
        s = next;
        readings.add(Tensor.of(y));
      }
      memories.add(Tensor.fromArray(s));
    }
    int time = at.q().shape().dim(1);
    return new Step<>(
        Tensor.stack(0, memories), Tensor.stack(0, readings).reshape(SAMPLES, time, VALUES));
  }

  @Test
  void rulesAreTheirLoops() {
    DeltaRule.Tokens at = drawn(7);
    for (Form form : Form.values()) {
      TALLY.near(
          1e-13, loop(Kind.LINEAR, at, memory()), LinearRule.read(linear(at), memory(), 3, form));
      TALLY.near(1e-13, loop(Kind.DELTA, at, memory()), DeltaRule.read(at, memory(), 3, form));
      TALLY.near(1e-13, loop(Kind.OJA, at, memory()), OjaRule.read(at, memory(), 3, form));
    }
  }

  // ---------------------------------------------------------------- recall

  @Test
  void fullWritesToOrthonormalKeysAreRecalledExactly() {
    Tensor values = random("values", SAMPLES, KEYS, VALUES);
    for (Form form : Form.values()) {
      var written = DeltaRule.read(units(values, 1, 2, 0, 3, 1), zeros(), 64, form);
      TALLY.sameBits(values, written.output());
      Tensor others = random("others", SAMPLES, KEYS, VALUES);
      var read = DeltaRule.read(units(others, 0, 2, 0, 3, 1), written.carry(), 64, form);
      TALLY.sameBits(values, read.output());
    }
  }

  @Test
  void aSecondWriteToAKeyReplacesTheFirst() {
    Tensor values = random("values", SAMPLES, 2, VALUES);
    for (Form form : Form.values()) {
      var twice = DeltaRule.read(units(values, 1, 1, 1), memory(), 64, form);
      Tensor second = values.slice(1, 1, 2);
      var once = DeltaRule.read(units(second, 1, 1), memory(), 64, form);
      TALLY.near(1e-14, once.carry(), twice.carry());
      TALLY.near(1e-14, second, twice.output().slice(1, 1, 2));
      Tensor untouched = memory().slice(2, 2, 4);
      TALLY.sameBits(untouched, twice.carry().slice(2, 2, 4));
    }
  }

  /// Oja's rule writes to a value what the delta rule writes to a key.
  @Test
  void ojasRuleReplacesWhatAValueStandsFor() {
    Tensor unit = Tensor.eye(DType.FLOAT64, VALUES).get(1).broadcastTo(SAMPLES, 2, VALUES);
    DeltaRule.Tokens at = drawn(2);
    DeltaRule.Tokens twice = new DeltaRule.Tokens(at.q(), at.k(), unit, full(1, 2), full(1, 2));
    for (Form form : Form.values()) {
      Tensor after = OjaRule.read(twice, memory(), 64, form).carry();
      TALLY.near(1e-14, at.k().slice(1, 1, 2), after.slice(1, 1, 2));
      TALLY.sameBits(memory().slice(1, 0, 1), after.slice(1, 0, 1));
    }
  }

  // ---------------------------------------------------------------- nothing kept, nothing written

  @Test
  void withoutWritesAMemoryStaysToTheBit() {
    DeltaRule.Tokens still = with(drawn(7), full(0, 7), full(1, 7));
    Tensor nothing = still.v().zerosLike();
    for (Form form : Form.values()) {
      TALLY.sameBits(memory(), DeltaRule.read(still, memory(), 3, form).carry());
      TALLY.sameBits(memory(), OjaRule.read(still, memory(), 3, form).carry());
      var silent = new LinearRule.Tokens(still.q(), still.k(), nothing, still.decay());
      TALLY.sameBits(memory(), LinearRule.read(silent, memory(), 3, form).carry());
    }
  }

  @Test
  void whatKeepsNothingIsCleared() {
    DeltaRule.Tokens at = with(drawn(7), full(0.3, 7), full(0, 7));
    Tensor v = at.v().slice(1, 6, 7);
    Tensor last = v.transposedMatmul(at.k().slice(1, 6, 7));
    for (Form form : Form.values()) {
      TALLY.near(1e-15, last.times(0.3), DeltaRule.read(at, memory(), 3, form).carry());
      TALLY.near(1e-15, last.times(0.3), OjaRule.read(at, memory(), 3, form).carry());
      TALLY.near(1e-15, last, LinearRule.read(linear(at), memory(), 3, form).carry());
    }
  }
}
