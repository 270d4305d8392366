package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Gradients through gradient steps.
class MetaGradientTest {
  private static final Tally TALLY = new Tally("meta-gradients");
  private static final Key KEY = Key.of(11);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  record Net(Tensor w1, Tensor b1, Tensor w2) {
    Tensor at(Tensor x) {
      return x.matmul(w1).plus(b1).tanh().matmul(w2);
    }

    static Net draw(String name) {
      Key key = KEY.fold(name);
      return new Net(
          key.fold(1).normal(DType.FLOAT64, 2, 3),
          key.fold(2).normal(DType.FLOAT64, 3),
          key.fold(3).normal(DType.FLOAT64, 3, 1));
    }
  }

  record Task(Tensor x, Tensor y) {
    static Task draw(int tasks) {
      return new Task(
          KEY.fold("x").normal(DType.FLOAT64, tasks, 5, 2),
          KEY.fold("y").normal(DType.FLOAT64, tasks, 5, 1));
    }

    Task get(int i) {
      return new Task(x.get(i), y.get(i));
    }
  }

  record Meta(Net theta, Tensor rate) {}

  private static Tensor error(Net net, Task task) {
    return net.at(task.x()).minus(task.y()).square().mean();
  }

  /// How the inner step is computed: plainly, or with recomputation somewhere.
  enum Inner {
    PLAIN {
      @Override
      Meta step(Meta now, Task task) {
        Net g = grad((Net n) -> error(n, task), now.theta());
        return new Meta(
            Tree.zip(now.theta(), g, (p, d) -> p.minus(d.times(now.rate()))), now.rate());
      }
    },
    CHECKPOINTED_LOSS {
      @Override
      Meta step(Meta now, Task task) {
        Net g = grad((Net n) -> checkpoint((Net m) -> error(m, task), n), now.theta());
        return new Meta(
            Tree.zip(now.theta(), g, (p, d) -> p.minus(d.times(now.rate()))), now.rate());
      }
    },
    CHECKPOINTED_STEP {
      @Override
      Meta step(Meta now, Task task) {
        return checkpoint((Meta m) -> PLAIN.step(m, task), now);
      }
    },
    BOTH_CHECKPOINTED {
      @Override
      Meta step(Meta now, Task task) {
        return checkpoint((Meta m) -> CHECKPOINTED_LOSS.step(m, task), now);
      }
    };

    abstract Meta step(Meta now, Task task);

    Tensor adapted(Meta start, Task task, int steps) {
      Meta now = start;
      for (int k = 0; k < steps; k++) {
        now = step(now, task);
      }
      return error(now.theta(), task);
    }
  }

  @Test
  void checkpointsInTheInnerLoopChangeNoBit() {
    Meta meta = new Meta(Net.draw("theta"), Tensor.scalar(0.1));
    Task task = Task.draw(1).get(0);
    Function<Meta, Tensor> plain = m -> Inner.PLAIN.adapted(m, task, 3);
    Meta direction = new Meta(Net.draw("direction"), Tensor.scalar(0.7));
    Meta expected = grad(plain, meta);
    Meta curvature = hvp(plain, meta, direction);
    for (Inner inner : Inner.values()) {
      Function<Meta, Tensor> f = m -> inner.adapted(m, task, 3);
      TALLY.sameBits(expected, grad(f, meta));
      TALLY.near(1e-12, curvature, hvp(f, meta, direction));
      TALLY.derivatives(f, meta, 3);
      TALLY.sameBits(expected, grad((Meta m) -> checkpoint(f, m), meta));
    }
  }

  @Test
  void gradOfVmapOfGradEqualsALoop() {
    Task tasks = Task.draw(4);
    Meta meta = new Meta(Net.draw("theta"), Tensor.scalar(0.1));
    for (int steps : new int[] {1, 3, 5}) {
      Function<Meta, Tensor> loop =
          m -> {
            Tensor sum = Tensor.scalar(0);
            for (int i = 0; i < 4; i++) {
              sum = sum.plus(Inner.PLAIN.adapted(m, tasks.get(i), steps));
            }
            return sum;
          };
      Meta expected = grad(loop, meta);
      for (Inner inner : Inner.values()) {
        Function<Meta, Tensor> mapped =
            m -> vmap((Task task) -> inner.adapted(m, task, steps), tasks).sum();
        TALLY.near(1e-13, expected, grad(mapped, meta));
        TALLY.near(1e-13, expected, grad((Meta m) -> checkpoint(mapped, m), meta));
      }
    }
  }

  @Test
  void gradOfVmapOverStackedParametersEqualsALoop() {
    Task tasks = Task.draw(4);
    Net stacked =
        Tree.map(
            Net.draw("theta"),
            leaf -> Tensor.stack(0, List.of(leaf, leaf.neg(), leaf.times(2), leaf.sin())));
    for (Inner inner : Inner.values()) {
      Net own =
          grad(
              (Net nets) ->
                  vmap(
                          (Net net, Task task) ->
                              inner.adapted(new Meta(net, Tensor.scalar(0.1)), task, 2),
                          nets,
                          tasks)
                      .sum(),
              stacked);
      Net perExample =
          vmap(
              (Net net, Task task) ->
                  grad((Net n) -> inner.adapted(new Meta(n, Tensor.scalar(0.1)), task, 2), net),
              stacked,
              tasks);
      for (int i = 0; i < 4; i++) {
        int at = i;
        Net expected =
            grad(
                (Net n) -> Inner.PLAIN.adapted(new Meta(n, Tensor.scalar(0.1)), tasks.get(at), 2),
                Tree.map(stacked, leaf -> leaf.get(at)));
        TALLY.near(1e-13, expected, Tree.map(own, leaf -> leaf.get(at)));
        TALLY.near(1e-13, expected, Tree.map(perExample, leaf -> leaf.get(at)));
      }
    }
  }

  @Test
  void nestedVmapEqualsTwoLoops() {
    Task tasks = Task.draw(3);
    Net net = Net.draw("theta");
    List<Tensor> rows = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      List<Tensor> row = new ArrayList<>();
      for (int j = 0; j < 3; j++) {
        row.add(error(new Net(net.w1(), net.b1().plus(i), net.w2()), tasks.get(j)));
      }
      rows.add(Tensor.stack(0, row));
    }
    Function<Net, Tensor> f =
        n ->
            vmap(
                (Tensor shift) ->
                    vmap(
                        (Task task) -> error(new Net(n.w1(), n.b1().plus(shift), n.w2()), task),
                        tasks),
                Tensor.arange(DType.FLOAT64, 3));
    TALLY.near(1e-14, Tensor.stack(0, rows), f.apply(net));
    TALLY.derivatives(f, net, 3);
    TALLY.derivatives((Net n) -> checkpoint(f, n), net, 2);
  }

  /// θ ← θ − η (A θ − b), K times, then ½|θ − t|²: the meta-gradient is M (θ_K − t) with M = (I − η
  /// A)ᴷ for a symmetric A, the Hessian M², and dθ_K/dη follows a recursion.
  @Test
  void metaGradientsOfQuadraticsHaveTheirClosedForm() {
    for (int steps : new int[] {1, 5, 20}) {
      double[][] a = {{1.3, 0.4}, {0.4, 0.8}};
      double[] b = {0.5, -1};
      double[] target = {0.7, 0.2};
      double[] theta = {1.5, -0.8};
      double rate = 0.15;
      double[][] m = {{1, 0}, {0, 1}};
      double[] slope = {0, 0};
      for (int k = 0; k < steps; k++) {
        double[] g = {
          a[0][0] * theta[0] + a[0][1] * theta[1] - b[0],
          a[1][0] * theta[0] + a[1][1] * theta[1] - b[1]
        };
        slope =
            new double[] {
              slope[0] - rate * (a[0][0] * slope[0] + a[0][1] * slope[1]) - g[0],
              slope[1] - rate * (a[1][0] * slope[0] + a[1][1] * slope[1]) - g[1]
            };
        theta = new double[] {theta[0] - rate * g[0], theta[1] - rate * g[1]};
        double[][] next = new double[2][2];
        for (int i = 0; i < 2; i++) {
          for (int j = 0; j < 2; j++) {
            next[i][j] = m[i][j] - rate * (a[i][0] * m[0][j] + a[i][1] * m[1][j]);
          }
        }
        m = next;
      }
      Tensor matrix = Tensor.fromArray(m);
      Tensor miss = Tensor.of(theta).minus(Tensor.of(target));
      Tensor expected = matrix.matmul(miss);
      Tensor expectedSlope = Tensor.of(slope).dot(miss);
      for (boolean recompute : new boolean[] {false, true}) {
        record Start(Tensor theta, Tensor rate) {}
        Tensor curvature = Tensor.fromArray(a);
        UnaryOperator<Start> step =
            now -> {
              Tensor g =
                  grad(
                      (Tensor p) ->
                          p.dot(curvature.matmul(p)).times(0.5).minus(p.dot(Tensor.of(b))),
                      now.theta());
              return new Start(now.theta().minus(g.times(now.rate())), now.rate());
            };
        Function<Start, Tensor> f =
            start -> {
              Start now = start;
              for (int k = 0; k < steps; k++) {
                now = recompute ? checkpoint(step, now) : step.apply(now);
              }
              return now.theta().minus(Tensor.of(target)).square().sum().times(0.5);
            };
        Start at = new Start(Tensor.of(1.5, -0.8), Tensor.scalar(rate));
        Start g = grad(f, at);
        relative(expected, g.theta());
        relative(expectedSlope, g.rate());
        Tensor hessian =
            vmap(
                (Tensor e) -> hvp(f, at, new Start(e, Tensor.scalar(0))).theta(),
                Tensor.eye(DType.FLOAT64, 2));
        relative(matrix.matmul(matrix), hessian);
      }
    }
  }

  private static void relative(Tensor expected, Tensor actual) {
    double scale = expected.abs().max().item();
    TALLY.near(1e-10, expected.div(scale), actual.div(scale));
  }
}
