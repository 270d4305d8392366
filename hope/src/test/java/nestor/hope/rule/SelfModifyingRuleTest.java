package nestor.hope.rule;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.hope.rule.SelfModifyingRule.Memories;
import nestor.hope.rule.SelfModifyingRule.State;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Self-modifying memories beside a plain reading of their equations.
class SelfModifyingRuleTest {
  private static final Tally TALLY = new Tally("self-modifying memories, sample by sample");
  private static final Key KEY = Key.of(13);
  private static final int WIDTH = 3;
  private static final int TIME = 7;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  private static LinearMemory matrix(String name, int rows) {
    return new LinearMemory(normal(name, rows, WIDTH).times(0.7));
  }

  private static Memories linear() {
    return new Memories(
        matrix("k", WIDTH),
        matrix("v", WIDTH),
        new Fixed(matrix("q", WIDTH)),
        matrix("eta", 1),
        matrix("alpha", 1),
        matrix("mem", WIDTH));
  }

  private static MlpMemory mlp(String name) {
    return MlpMemory.init(KEY.fold(name), DType.FLOAT64, WIDTH, 4);
  }

  private static Memories deep() {
    return new Memories(
        mlp("k"),
        mlp("v"),
        mlp("q"),
        ScalarMemory.init(KEY.fold("eta"), DType.FLOAT64, WIDTH, 4),
        ScalarMemory.init(KEY.fold("alpha"), DType.FLOAT64, WIDTH, 4),
        mlp("mem"));
  }

  private static Tensor x() {
    return normal("x", 2, TIME, WIDTH);
  }

  /// One sample by the equations: row vectors `[1, width]`, and the gradient of a whole memory.
  private static List<Tensor> plainly(Tensor x, Memories initial, int chunk, List<FastMemory> end) {
    List<FastMemory> now = initial.written();
    List<FastMemory> start = now;
    List<Tensor> outputs = new ArrayList<>();
    for (int t = 0; t < TIME; t++) {
      start = t % chunk == 0 ? now : start;
      Memories at = initial.with(start);
      Tensor token = x.slice(0, t, t + 1);
      Tensor k = unit(at.key().read(token));
      Tensor v = at.value().read(token);
      Tensor rate = at.rate().read(token).sigmoid().times(0.5);
      Tensor decay = at.decay().read(token).plus(2).sigmoid();
      outputs.add(initial.with(now).memory().read(unit(at.query().read(token))));
      List<FastMemory> next = new ArrayList<>();
      for (int i = 0; i < now.size(); i++) {
        next.add(written(now.get(i), start.get(i), k, v, rate, decay));
      }
      now = next;
    }
    end.addAll(now);
    return outputs;
  }

  private static FastMemory written(
      FastMemory now, FastMemory start, Tensor k, Tensor v, Tensor rate, Tensor decay) {
    Tensor target = start.read(v);
    FastMemory gradient =
        grad((FastMemory m) -> m.read(k).minus(target).square().sum().times(0.5), start);
    List<Tensor> inputs = inputs(start, k);
    int[] leaf = {0};
    return Tree.zip(
        now,
        gradient,
        (w, g) -> {
          Tensor in = inputs.get(leaf[0]++);
          double norm = Math.sqrt(in.square().sum().item());
          Tensor unit = in.div(Math.max(1, norm));
          Tensor known = w.matmul(unit.transpose()).matmul(unit);
          return w.times(decay).minus(known.times(rate)).minus(g.times(rate));
        });
  }

  /// What each matrix multiplies when the memory reads k.
  private static List<Tensor> inputs(FastMemory memory, Tensor k) {
    return switch (memory) {
      case LinearMemory linear -> List.of(k);
      case MlpMemory mlp -> List.of(hidden(mlp.w2(), k), k);
      case ScalarMemory scalar -> List.of(hidden(scalar.w2(), k), k);
      default -> throw new AssertionError(memory);
    };
  }

  private static Tensor hidden(Tensor w2, Tensor k) {
    Tensor a = k.matmulTransposed(w2);
    return a.times(a.sigmoid());
  }

  private static Tensor unit(Tensor z) {
    return z.div(z.square().sum().sqrt().plus(1e-6));
  }

  @Test
  void followsItsEquations() {
    for (Memories memories : List.of(linear(), deep())) {
      for (int chunk : new int[] {1, 3, 10}) {
        for (Form form : Form.values()) {
          State start = SelfModifyingRule.start(memories, 2);
          var read = SelfModifyingRule.read(x(), memories, start, chunk, form);
          for (int sample = 0; sample < 2; sample++) {
            int at = sample;
            List<FastMemory> end = new ArrayList<>();
            List<Tensor> expected = plainly(x().get(sample), memories, chunk, end);
            TALLY.near(1e-12, Tensor.concat(0, expected), read.output().get(sample));
            TALLY.near(1e-12, end, Tree.map(read.carry().written(), w -> w.get(at)));
          }
        }
      }
    }
  }

  /// A memory that answers everything alike.
  private record Constant(Tensor logit) implements FastMemory {
    @Override
    public Tensor through(Products products, Tensor z) {
      return z.slice(-1, 0, 1).times(0).plus(logit);
    }
  }

  private static Memories withGates(Memories m, double rate, double decay) {
    return new Memories(
        m.key(),
        m.value(),
        m.query(),
        new Fixed(new Constant(Tensor.scalar(rate))),
        new Fixed(new Constant(Tensor.scalar(decay))),
        m.memory());
  }

  @Test
  void withoutRateAndDecayNothingChanges() {
    for (Memories memories : List.of(linear(), deep())) {
      Memories still = withGates(memories, -1e4, 1e4);
      State start = SelfModifyingRule.start(still, 2);
      for (Form form : Form.values()) {
        for (int chunk : new int[] {1, 4}) {
          var read = SelfModifyingRule.read(x(), still, start, chunk, form);
          TALLY.sameBits(start.written(), read.carry().written());
          Memories each = still.with(start.written());
          Tensor q = each.query().read(x());
          Tensor unit = q.div(q.square().sumKeepDims(-1).sqrt().plus(1e-6));
          TALLY.near(1e-15, each.memory().read(unit), read.output());
        }
      }
    }
  }

  @Test
  void withoutRateAllDecaysToZeroAtOnce() {
    Memories clearing = withGates(linear(), -1e4, -1e4);
    for (Form form : Form.values()) {
      State start = SelfModifyingRule.start(clearing, 2);
      var read = SelfModifyingRule.read(x(), clearing, start, 4, form);
      TALLY.near(0, Tree.map(start.written(), Tensor::zerosLike), read.carry().written());
    }
  }

  /// Along k a write multiplies a linear memory by α − 2η, elsewhere by α, and adds η v̂ kᵀ.
  @Test
  void writesOfLinearMemoriesHaveTheirEigenvalues() {
    Memories memories = withGates(linear(), 3, 0.5);
    double rate = 0.5 / (1 + Math.exp(-3));
    double decay = 1 / (1 + Math.exp(-2.5));
    State start = SelfModifyingRule.start(memories, 1);
    Tensor token = normal("token", 1, 1, WIDTH);
    var read = SelfModifyingRule.read(token, memories, start, 1, Form.RECURRENT);
    Tensor k = unit(memories.key().read(token).reshape(1, WIDTH));
    Tensor target = memories.memory().read(memories.value().read(token)).reshape(1, WIDTH);
    Tensor before = ((LinearMemory) memories.memory()).w();
    Tensor after = ((LinearMemory) read.carry().written().getLast()).w().get(0);
    Tensor expected =
        before.matmulTransposed(k).times(decay - 2 * rate).plus(target.transpose().times(rate));
    TALLY.near(1e-5, expected, after.matmulTransposed(k)); // k is of norm 1 − 1e-6
    Tensor across = Tensor.of(1.0, 2.0, 3.0).reshape(1, WIDTH);
    across = across.minus(k.times(across.times(k).sum()));
    TALLY.near(1e-5, before.matmulTransposed(across).times(decay), after.matmulTransposed(across));
  }
}
