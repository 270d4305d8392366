package nestor.meta;

import static nestor.autodiff.Transform.grad;

import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The optimizers that treat rows and columns, against loops over arrays.
class MatrixOptimizersTest {
  private static final Tally TALLY = new Tally("optimizers of matrices against loops");
  private static final Key KEY = Key.of(91);
  private static final int STEPS = 6;
  private static final int[][] SHAPES = {{5, 2}, {2, 5}, {3, 3}, {1, 4}, {4, 1}};

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor number(double value) {
    return Tensor.scalar(value);
  }

  /// A matrix and two states of its optimizer, changed by a gradient.
  private interface Rule {
    /// @param s θ and what the rule remembers
    void next(double[][][] s, double[][] g);
  }

  /// @param memory the first memory for a shape
  private static void check(Optimizer optimizer, Function<int[], double[][]> memory, Rule rule) {
    for (int[] shape : SHAPES) {
      Key key = KEY.fold(shape[0]).fold(shape[1]);
      double[][] start = Naive.random(key, shape[0], shape[1]);
      double[][][] s = {start, Naive.zeros(start), memory.apply(shape)};
      var state = optimizer.start(Naive.tensor(start));
      for (int t = 0; t < STEPS; t++) {
        double[][] g = Naive.random(key.fold("gradient").fold(t), shape[0], shape[1]);
        state = optimizer.next(state, Naive.tensor(g));
        rule.next(s, g);
        TALLY.near(1e-11, Naive.tensor(s[0]), state.params());
      }
    }
  }

  private static double[][] none(int[] shape) {
    return new double[0][0];
  }

  @Test
  void muonFollowsItsFormula() {
    check(
        new Muon(number(0.3), number(0.7), number(0.1)),
        MatrixOptimizersTest::none,
        (s, g) -> {
          s[1] = Naive.sum(0.7, s[1], 0.3, g);
          double size = Math.sqrt(Math.max(1, g.length / (double) g[0].length));
          s[0] = Naive.sum(1 - 0.3 * 0.1, s[0], -0.3 * size, Naive.orthogonal(s[1]));
        });
  }

  @Test
  void deltaMomentumFollowsEquation49() {
    check(
        new DeltaMomentum(number(0.3), number(0.8)),
        MatrixOptimizersTest::none,
        (s, g) -> {
          double[][] u = Naive.sum(1 / (Naive.norm(g) + 1e-6), g, 0, g);
          double[][] gram = Naive.times(Naive.transpose(u), u);
          double[][] kept = Naive.sum(0.8, Naive.identity(g[0].length, 1), -1, gram);
          s[1] = Naive.sum(1, Naive.times(s[1], kept), -0.3, g);
          s[0] = Naive.sum(1, s[0], 1, s[1]);
        });
  }

  /// P always on the left, of the transpose where that is shorter.
  @Test
  void preconditionedMomentumFollowsEquation47() {
    double damping = 0.2;
    check(
        new PreconditionedMomentum(number(0.3), number(0.8), number(0.6), number(damping)),
        shape -> Naive.identity(Math.min(shape[0], shape[1]), 1),
        (s, g) -> {
          boolean tall = g.length > g[0].length;
          double[][] wide = tall ? Naive.transpose(g) : g;
          int k = wide.length;
          double[][] u = Naive.sum(Math.sqrt(k) / (Naive.norm(g) + 1e-6), wide, 0, wide);
          double[][] seen = Naive.times(Naive.times(s[2], u), Naive.transpose(u));
          double[][] drawn = Naive.sum(damping, s[2], -1 - damping, Naive.identity(k, 1));
          double rate = 0.6 / (k + damping);
          s[2] = Naive.sum(1, s[2], -rate, Naive.sum(1, seen, 1, drawn));
          double[][] pg = Naive.times(s[2], wide);
          s[1] = Naive.sum(0.8, s[1], -0.3, tall ? Naive.transpose(pg) : pg);
          s[0] = Naive.sum(1, s[0], 1, s[1]);
        });
  }

  private static double[][] keys(double[][] g) {
    double[][] keys = Naive.zeros(g);
    double root = Math.sqrt(g[0].length);
    for (int i = 0; i < g.length; i++) {
      double norm = Naive.norm(new double[][] {g[i]});
      for (int j = 0; j < g[0].length; j++) {
        keys[i][j] = Math.tanh(root * g[i][j] / (norm + 1e-6)) / root;
      }
    }
    return keys;
  }

  @Test
  void associativeMemoryFollowsItsFormula() {
    check(
        new AssociativeMemoryOptimizer(number(0.3), number(0.8), number(0.6)),
        shape -> Naive.identity(Math.min(shape[0], shape[1]), 0),
        (s, gradient) -> {
          boolean wide = gradient.length < gradient[0].length;
          double[][] g = wide ? Naive.transpose(gradient) : gradient;
          double[][] mean = wide ? Naive.transpose(s[1]) : s[1];
          double[][] keys = keys(g);
          double[][] answer = Naive.sum(1, mean, 1, Naive.times(keys, s[2]));
          double[][] error = Naive.sum(1, answer, -1, g);
          mean = Naive.sum(1, mean, -0.2, error);
          double[][] push = Naive.times(Naive.transpose(keys), error);
          s[2] = Naive.sum(1, s[2], -0.6 / g.length, push);
          double[][] recalled = Naive.sum(1, mean, 1, Naive.times(keys, s[2]));
          s[1] = wide ? Naive.transpose(mean) : mean;
          s[0] = Naive.sum(1, s[0], -0.3, wide ? Naive.transpose(recalled) : recalled);
        });
  }

  /// With the gradients of the inner objectives by differentiation: the second road.
  @Test
  void memoriesDescendOnTheirObjectives() {
    Tensor g = KEY.fold("g").normal(DType.FLOAT64, 3, 5);
    var preconditioned = PreconditionedMomentum.withRate(1);
    var first = preconditioned.next(preconditioned.start(g.zerosLike()), g);
    Tensor p = first.preconditioner();
    Tensor other = KEY.fold("other").normal(DType.FLOAT64, 3, 5);
    Tensor u = other.div(Tree.norm(other).plus(1e-6)).times(Math.sqrt(3));
    Tensor eye = Tensor.eye(DType.FLOAT64, 3);
    Tensor surprise =
        grad(
            (Tensor q) ->
                q.matmul(u)
                    .square()
                    .sum()
                    .times(0.5)
                    .minus(q.times(eye).sum())
                    .plus(q.minus(eye).square().sum().times(0.05)),
            p);
    Tensor expected = p.minus(surprise.times(0.5 / 3.1));
    TALLY.near(1e-13, expected, preconditioned.next(first, other).preconditioner());
  }

  @Test
  void preconditionersSettleAtTheInverseOfTheFisherMatrix() {
    var optimizer = new PreconditionedMomentum(number(0.1), number(0.5), number(1), number(0.5));
    Tensor g = KEY.fold("settle").normal(DType.FLOAT64, 3, 7);
    Tensor u = g.div(Tree.norm(g)).times(Math.sqrt(3));
    var state = optimizer.start(g.zerosLike());
    for (int t = 0; t < 150; t++) {
      state = optimizer.next(state, g);
    }
    Tensor eye = Tensor.eye(DType.FLOAT64, 3);
    Tensor inverse = u.matmulTransposed(u).plus(eye.times(0.5)).div(1.5);
    TALLY.near(1e-5, eye, state.preconditioner().matmul(inverse));
  }

  /// The bound 1 + 1 / damping, for gradients of rank 1 in one direction and then all in another.
  @Test
  void preconditionersStayBounded() {
    var optimizer = new PreconditionedMomentum(number(0.1), number(0.9), number(1), number(0.1));
    var state = optimizer.start(Tensor.zeros(DType.FLOAT64, 4, 4));
    double largest = 0;
    for (int t = 0; t < 400; t++) {
      Tensor column = KEY.fold(t / 100).normal(DType.FLOAT64, 4, 1);
      state = optimizer.next(state, column.matmul(KEY.fold(t).normal(DType.FLOAT64, 1, 4)));
      Tensor p = state.preconditioner();
      for (int i = 0; i < 4; i++) {
        largest = Math.max(largest, Tree.norm(p.slice(1, i, i + 1)).item());
      }
    }
    TALLY.one(largest > 5 && largest <= 11, "columns of P are up to " + largest);
  }

  @Test
  void aMemoryWithoutKeysIsMomentum() {
    var memory = new AssociativeMemoryOptimizer(number(0.3), number(0.8), number(0));
    var momentum = new Momentum(number(0.3 * 0.2), number(0.8));
    Tensor start = KEY.fold("start").normal(DType.FLOAT64, 4, 3);
    var first = memory.start(start);
    var second = momentum.start(start);
    for (int t = 0; t < STEPS; t++) {
      Tensor g = KEY.fold("momentum").fold(t).normal(DType.FLOAT64, 4, 3);
      first = memory.next(first, g);
      second = momentum.next(second, g);
      TALLY.near(1e-14, second.params(), first.params());
    }
  }

  /// Rows that point one way are recalled at a place that has never seen them.
  @Test
  void memoriesRecallByDirection() {
    var memory = new AssociativeMemoryOptimizer(number(1), number(0.9), number(1));
    Tensor row = Tensor.fromArray(new double[][] {{1, -2, 3}});
    Tensor top = Tensor.concat(0, List.of(row, row, row, row.zerosLike()));
    var state = memory.start(top.zerosLike());
    for (int t = 0; t < 50; t++) {
      state = memory.next(state, top);
    }
    Tensor bottom = Tensor.concat(0, List.of(Tensor.zeros(DType.FLOAT64, 3, 3), row));
    var after = memory.next(state, bottom);
    Tensor answer = state.params().minus(after.params()).get(3);
    var fresh = memory.next(memory.start(top.zerosLike()), bottom);
    Tensor first = fresh.params().neg().get(3);
    TALLY.one(
        answer.dot(row.get(0)).item() > 1.5 * first.dot(row.get(0)).item(),
        answer + " is no more than " + first);
  }

  /// Limit cases of the stability that Javadoc states, over many steps.
  @Test
  void deltaMomentumAndMemoriesStayBounded() {
    Tensor column = KEY.fold("column").normal(DType.FLOAT64, 4, 1);
    Tensor same = column.matmul(KEY.fold("row").normal(DType.FLOAT64, 1, 3)); // σmax(u) = 1
    var delta = new DeltaMomentum(number(0.1), number(0.5));
    var memory = new AssociativeMemoryOptimizer(number(0.1), number(0.5), number(1.49));
    var deltaState = delta.start(same.zerosLike());
    var memoryState = memory.start(same.zerosLike());
    for (int t = 0; t < 3000; t++) {
      Tensor g = t % 3 == 0 ? same : KEY.fold(t).normal(DType.FLOAT64, 4, 3);
      deltaState = delta.next(deltaState, g);
      memoryState = memory.next(memoryState, same);
    }
    double held = Tree.norm(deltaState.memory()).item();
    TALLY.one(held < 5, "delta momentum holds " + held);
    double wrong = Tree.norm(memoryState.mean().minus(same)).item();
    TALLY.one(wrong < 1e3, "the mean is off by " + wrong);
  }

  /// What the printed form does with g for u once σmax(g)² > 1 + α: the reason for u.
  @Test
  void withoutNormalizationDeltaMomentumDiverges() {
    for (double size : new double[] {1.1, 1.3}) { // σ² = 1.21 and 1.69 about 1 + α = 1.5
      double m = 0;
      for (int t = 0; t < 200; t++) {
        m = m * (0.5 - size * size) - 0.1 * size;
      }
      TALLY.one(Math.abs(m) > 1e3 == size > 1.2, "m = " + m);
    }
  }

  @Test
  void stacksOfMatricesAreTrainedOneByOne() {
    List<Optimizer> optimizers =
        List.of(
            Muon.withRate(0.1),
            DeltaMomentum.withRate(0.1),
            PreconditionedMomentum.withRate(0.1),
            AssociativeMemoryOptimizer.withRate(0.1),
            M3Ema.withRate(0.1).every(2));
    for (int[] shape : SHAPES) {
      Tensor start = KEY.fold("stack").normal(DType.FLOAT64, 2, 3, shape[0], shape[1]);
      for (Optimizer optimizer : optimizers) {
        var stacked = optimizer.start(start);
        var alone = optimizer.start(start.get(1).get(2));
        for (int t = 0; t < STEPS; t++) {
          Tensor g = KEY.fold(t).normal(DType.FLOAT64, 2, 3, shape[0], shape[1]);
          stacked = optimizer.next(stacked, g);
          alone = optimizer.next(alone, g.get(1).get(2));
        }
        TALLY.near(1e-10, alone.params(), stacked.params().get(1).get(2));
      }
    }
  }

  /// A vector is a matrix of one row, whose orthogonal factor is its direction.
  @Test
  void vectorsAreRows() {
    Tensor g = KEY.fold("vector").normal(DType.FLOAT64, 4);
    Tensor direction = g.div(Tree.norm(g));
    var muon = Muon.withRate(0.5);
    TALLY.near(1e-6, direction.times(-0.5), muon.next(muon.start(g.zerosLike()), g).params());
    var delta = DeltaMomentum.withRate(0.5);
    var once = delta.next(delta.start(g.zerosLike()), g);
    var row = delta.next(delta.start(g.zerosLike().reshape(1, 4)), g.reshape(1, 4));
    TALLY.near(
        1e-14, delta.next(row, g.reshape(1, 4)).params().reshape(4), delta.next(once, g).params());
    var preconditioned = new PreconditionedMomentum(number(1), number(0), number(1), number(1));
    TALLY.near(0, g.neg(), preconditioned.next(preconditioned.start(g.zerosLike()), g).params());
  }
}
