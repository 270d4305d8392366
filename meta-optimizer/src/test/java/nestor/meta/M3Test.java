package nestor.meta;

import static nestor.autodiff.Transform.compile;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [M3Paper] and [M3Ema] against loops, across the boundaries of blocks.
class M3Test {
  private static final Tally TALLY = new Tally("M3 against loops");
  private static final Key KEY = Key.of(97);
  private static final int EVERY = 3;

  private enum Mode {
    PAPER,
    EMA;

    double[][] write(double beta, double[][] old, double[][] now) {
      return switch (this) {
        case PAPER -> Naive.sum(1, old, beta, now);
        case EMA -> Naive.sum(beta, old, 1 - beta, now);
      };
    }

    Rated optimizer() {
      Tensor[] h = new Tensor[6];
      double[] values = {0.1, 0.9, 0.95, 0.8, 0.5, 1e-8};
      for (int i = 0; i < 6; i++) {
        h[i] = Tensor.scalar(values[i]);
      }
      return switch (this) {
        case PAPER -> new M3Paper(h[0], h[1], h[2], h[3], h[4], h[5], EVERY);
        case EMA -> new M3Ema(h[0], h[1], h[2], h[3], h[4], h[5], EVERY);
      };
    }
  }

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static double[][] gradient(int t, int rows, int columns) {
    return Naive.random(KEY.fold(t), rows, columns);
  }

  @Test
  void stepsFollowTheAlgorithmAcrossBoundaries() {
    for (int[] shape : new int[][] {{5, 2}, {2, 5}, {3, 3}, {1, 4}, {4, 1}}) {
      for (Mode mode : Mode.values()) {
        double[][] theta = Naive.random(KEY, shape[0], shape[1]);
        double[][] fast = Naive.zeros(theta);
        double[][] square = Naive.zeros(theta);
        double[][] slow = Naive.zeros(theta);
        double[][] recent = Naive.zeros(theta);
        double[][] direction = Naive.zeros(theta);
        Rated optimizer = mode.optimizer();
        var state = optimizer.start(Naive.tensor(theta));
        var step = compile((Optimizer.State<Tensor> s, Tensor g) -> optimizer.next(s, g));
        var compiled = state;
        for (int t = 1; t <= 3 * EVERY + 1; t++) {
          double[][] g = gradient(t, shape[0], shape[1]);
          fast = mode.write(0.9, fast, g);
          square = mode.write(0.95, square, Naive.square(g));
          double[][] both = Naive.sum(1, Naive.orthogonal(fast), 0.5, direction);
          theta = Naive.sum(1, theta, -0.1, Naive.scaled(both, square, 1e-8));
          recent = Naive.sum(1, recent, 1, g);
          if (t % EVERY == 0) {
            slow = mode.write(0.8, slow, recent);
            direction = Naive.orthogonal(slow);
            recent = Naive.zeros(theta);
          }
          state = optimizer.next(state, Naive.tensor(g));
          compiled = step.apply(compiled, Naive.tensor(g));
          TALLY.near(1e-9, Naive.tensor(theta), state.params());
          TALLY.near(1e-9, Naive.tensor(direction), ((M3State<Tensor>) state).direction());
          TALLY.sameBits(state, compiled);
        }
      }
    }
  }

  /// With f = every, O2 is what M2 of the first f gradients gives, and the step f + 1 is the first
  /// that it moves.
  @Test
  void theSlowDirectionIsFirstUsedAfterTheFirstBlock() {
    for (Mode mode : Mode.values()) {
      Rated with = mode.optimizer();
      Rated without = Tree.mapWithPath(with, (path, h) -> path.equals("mix") ? h.zerosLike() : h);
      Optimizer.State<Tensor> first = with.start(Tensor.zeros(DType.FLOAT64, 3, 4));
      Optimizer.State<Tensor> second = first;
      for (int t = 1; t <= EVERY + 1; t++) {
        TALLY.equal(t <= EVERY, Tree.norm(((M3State<Tensor>) first).direction()).item() == 0);
        first = with.next(first, Naive.tensor(gradient(t, 3, 4)));
        second = without.next(second, Naive.tensor(gradient(t, 3, 4)));
        if (t <= EVERY) {
          TALLY.sameBits(first.params(), second.params());
        } else {
          TALLY.otherBits(first.params(), second.params());
        }
      }
    }
  }

  /// What the Javadoc warns of: gradients 100 times as large, steps 100 times as small.
  @Test
  void largeGradientsMakeSmallSteps() {
    for (Mode mode : Mode.values()) {
      Rated m3 = mode.optimizer();
      Tensor zero = Tensor.zeros(DType.FLOAT64, 3, 4);
      Tensor g = Naive.tensor(gradient(1, 3, 4));
      Tensor step = m3.next(m3.start(zero), g).params();
      Tensor large = m3.next(m3.start(zero), g.times(100)).params();
      TALLY.near(1e-5, step, large.times(100));
    }
  }

  @Test
  void vectorsFollowTheirDirection() {
    M3Paper m3 = M3Paper.withRate(0.1);
    Tensor g = Tensor.of(3.0, -4);
    Tensor expected = Tensor.of(0.6 / 3, -0.8 / 4).times(-0.1 / Math.sqrt(0.999));
    TALLY.near(1e-8, expected, m3.next(m3.start(g.zerosLike()), g).params());
  }

  @Test
  void blocksHaveAtLeastOneStep() {
    TALLY.fails(() -> M3Paper.withRate(0.1).every(0), "every 0 steps", "at least 1");
    TALLY.fails(() -> M3Ema.withRate(0.1).every(-1), "every -1 steps");
  }
}
