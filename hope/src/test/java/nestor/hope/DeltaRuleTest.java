package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.AssociativeMemory.Out;
import nestor.hope.Projections.Columns;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [DeltaRule] and [GatedDeltaRule] store, replace and forget as their formulas say.
class DeltaRuleTest {
  private static final Tally TALLY = new Tally("the delta rules against loops and recall");
  private static final int WIDTH = Memories.WIDTH;
  private static final int SAMPLES = 2;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor random(String name, int... dims) {
    return Memories.KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  /// The same unit vector as query and key of each sample.
  private static Columns at(int unit, Tensor v) {
    Tensor key = Tensor.eye(DType.FLOAT64, WIDTH).get(unit).broadcastTo(SAMPLES, WIDTH);
    return new Columns(key.expandDims(-1), key.expandDims(-1), v.expandDims(-1), key);
  }

  private static Tensor value(int number) {
    return random("value " + number, SAMPLES, WIDTH);
  }

  @Test
  void fullWritesToOrthonormalKeysAreRecalledExactly() {
    Tensor state = Tensor.zeros(DType.FLOAT64, SAMPLES, WIDTH, WIDTH);
    Tensor full = Tensor.ones(DType.FLOAT64, 1);
    for (int i = 0; i < WIDTH; i++) {
      Out out = DeltaRule.write(at(i, value(i)), state, full);
      TALLY.sameBits(value(i), out.value());
      state = out.state();
    }
    Tensor none = Tensor.zeros(DType.FLOAT64, 1);
    for (int i = 0; i < WIDTH; i++) {
      Out read = DeltaRule.write(at(i, value(99)), state, none);
      TALLY.sameBits(value(i), read.value());
      TALLY.sameBits(state, read.state());
    }
  }

  @Test
  void aSecondWriteToAKeyReplacesTheFirst() {
    Tensor start = random("state", SAMPLES, WIDTH, WIDTH);
    Tensor full = Tensor.ones(DType.FLOAT64, 1);
    Tensor once = DeltaRule.write(at(1, value(0)), start, full).state();
    Out twice = DeltaRule.write(at(1, value(1)), once, full);
    TALLY.near(1e-15, value(1), twice.value());
    Tensor never = DeltaRule.write(at(1, value(1)), start, full).state();
    TALLY.near(1e-14, never, twice.state());
    Tensor none = Tensor.zeros(DType.FLOAT64, 1);
    Tensor other = DeltaRule.write(at(2, value(9)), twice.state(), none).value();
    TALLY.sameBits(start.slice(2, 2, 3).reshape(SAMPLES, WIDTH), other);
  }

  /// Through the projections: a token whose query is its key reads the value that it wrote. Keys
  /// are normalized to 1e-6 / ‖x‖.
  @Test
  void saturatedGatesWriteWhatTheNextReadFinds() {
    DeltaRule drawn = Memories.delta(WIDTH);
    Projections p = drawn.projections();
    DeltaRule memory =
        new DeltaRule(
            new Projections(p.norm(), p.wk(), p.wk(), p.wv()),
            Memories.constantGate(WIDTH, 50),
            drawn.initial());
    Tensor x = random("token", SAMPLES, WIDTH);
    Out out = memory.step(x, random("state", SAMPLES, WIDTH, WIDTH));
    TALLY.near(1e-4, x.matmulTransposed(p.wv()), out.value());
  }

  @Test
  void queriesAndKeysHaveTheNormOne() {
    Projections projections = Memories.gated(WIDTH).projections();
    Columns at = projections.of(random("token", SAMPLES, WIDTH));
    for (Tensor unit : List.of(at.q(), at.k())) {
      TALLY.near(1e-5, Tensor.of(1.0, 1), unit.square().sum(1, 2));
    }
  }

  @Test
  void gatedWithoutForgettingIsTheDeltaRule() {
    GatedDeltaRule gated = Memories.gated(WIDTH);
    GatedDeltaRule keeping =
        new GatedDeltaRule(
            gated.projections(), Memories.constantGate(WIDTH, 0.3, 50), gated.initial());
    DeltaRule delta =
        new DeltaRule(gated.projections(), Memories.constantGate(WIDTH, 0.3), gated.initial());
    Tensor x = Memories.tokens(SAMPLES, 9, WIDTH);
    Out expected = delta.apply(x, delta.start(SAMPLES));
    Out given = keeping.apply(x, keeping.start(SAMPLES));
    TALLY.near(1e-14, expected.value(), given.value());
    TALLY.near(1e-14, expected.state(), given.state());
  }

  @Test
  void withoutRetentionOnlyTheLastTokenIsLeft() {
    GatedDeltaRule gated = Memories.gated(WIDTH);
    double logit = 0.3;
    GatedDeltaRule forgetting =
        new GatedDeltaRule(
            gated.projections(), Memories.constantGate(WIDTH, logit, -1000), gated.initial());
    Tensor x = Memories.tokens(SAMPLES, 3, WIDTH);
    Out out = forgetting.apply(x, random("state", SAMPLES, WIDTH, WIDTH));
    Columns last = gated.projections().of(Memories.token(x, 2));
    double b = 1 / (1 + Math.exp(-logit));
    TALLY.near(1e-15, last.v().times(b).matmulTransposed(last.k()), out.state());
  }

  @Test
  void newMemoriesReadNothingAndForgetLittle() {
    Tensor x = Memories.tokens(SAMPLES, 3, WIDTH);
    for (AssociativeMemory memory :
        List.of(
            GatedDeltaRule.init(Memories.KEY, DType.FLOAT64, WIDTH),
            DeltaRule.init(Memories.KEY, DType.FLOAT64, WIDTH))) {
      Out out = memory.apply(x, memory.start(SAMPLES));
      TALLY.sameBits(x.zerosLike(), out.value());
      TALLY.sameBits(memory.start(SAMPLES), out.state());
    }
    GatedDeltaRule gated = GatedDeltaRule.init(Memories.KEY, DType.FLOAT64, WIDTH);
    double[] gates = gated.gates().apply(Memories.token(x, 0)).sigmoid().get(0).toDoubles();
    TALLY.near(1e-15, Tensor.of(0.5, 1 / (1 + Math.exp(-2))), Tensor.of(gates));
  }

  /// The recurrence sample by sample and number by number, from the tokens on.
  @Test
  void recurrencesAreTheirLoops() {
    GatedDeltaRule gated = Memories.gated(WIDTH);
    DeltaRule delta = Memories.delta(WIDTH);
    Tensor x = Memories.tokens(SAMPLES, 7, WIDTH);
    Tensor start = random("state", SAMPLES, WIDTH, WIDTH);
    assertLoop(gated.apply(x, start), gated.projections(), gated.gates(), x, start);
    assertLoop(delta.apply(x, start), delta.projections(), delta.gate(), x, start);
  }

  private static void assertLoop(Out given, Projections p, Linear gates, Tensor x, Tensor start) {
    List<Tensor> readings = new ArrayList<>();
    List<Tensor> states = new ArrayList<>();
    for (int sample = 0; sample < SAMPLES; sample++) {
      double[][] s = (double[][]) start.get(sample).toArray();
      for (int t = 0; t < x.shape().dim(1); t++) {
        double[] token = x.get(sample).get(t).toDoubles();
        double[] normal = normalized(token, p);
        double[] q = unit(times(p.wq(), normal));
        double[] k = unit(times(p.wk(), normal));
        double[] v = times(p.wv(), token);
        double[] logits = times(gates.weight(), normal);
        double b = 1 / (1 + Math.exp(-logits[0] - gates.bias().get(0).item()));
        double a =
            logits.length == 1 ? 1 : 1 / (1 + Math.exp(-logits[1] - gates.bias().get(1).item()));
        double[] y = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
          double found = 0;
          for (int j = 0; j < WIDTH; j++) {
            found += a * s[i][j] * k[j];
          }
          for (int j = 0; j < WIDTH; j++) {
            s[i][j] = a * s[i][j] - b * found * k[j] + b * v[i] * k[j];
            y[i] += s[i][j] * q[j];
          }
        }
        readings.add(Tensor.of(y));
      }
      states.add(Tensor.fromArray(s));
    }
    Shape shape = given.value().shape();
    TALLY.near(1e-13, Tensor.stack(0, readings).reshape(shape), given.value());
    TALLY.near(1e-13, Tensor.stack(0, states), given.state());
  }

  private static double[] normalized(double[] x, Projections p) {
    double mean = 0;
    double variance = 0;
    for (double element : x) {
      mean += element / WIDTH;
    }
    for (double element : x) {
      variance += (element - mean) * (element - mean) / WIDTH;
    }
    double[] normal = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      normal[i] = (x[i] - mean) / Math.sqrt(variance + 1e-5);
      normal[i] = normal[i] * p.norm().weight().get(i).item() + p.norm().bias().get(i).item();
    }
    return normal;
  }

  private static double[] times(Tensor matrix, double[] x) {
    double[][] m = (double[][]) matrix.toArray();
    double[] y = new double[m.length];
    for (int i = 0; i < m.length; i++) {
      for (int j = 0; j < x.length; j++) {
        y[i] += m[i][j] * x[j];
      }
    }
    return y;
  }

  private static double[] unit(double[] x) {
    double square = 0;
    for (double element : x) {
      square += element * element;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] / (Math.sqrt(square) + 1e-6);
    }
    return y;
  }
}
