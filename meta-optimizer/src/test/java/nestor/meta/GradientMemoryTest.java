package nestor.meta;

import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import nestor.meta.GradientMemory.Deep;
import nestor.meta.GradientMemory.Linear;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A [GradientMemory] descends on its inner objective, and does not diverge.
class GradientMemoryTest {
  private static final Tally TALLY = new Tally("memories of gradients against their formulas");
  private static final double[] MOMENTA = {0.34, 0.4, 0.5, 0.7, 0.9, 0.99};
  private static final int ROWS = 4;
  private static final int COLUMNS = 96;
  private static final int HIDDEN = 8;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A gradient as memories are shown them: of the norm √rows.
  private static Tensor shown(Tensor g) {
    double rows = g.shape().dim(0);
    return g.times(g.square().sum().plus(1e-20).rsqrt().times(Math.sqrt(rows)));
  }

  private static Tensor random(String name, int... dims) {
    return Key.of(41).fold(name).normal(DType.FLOAT64, dims);
  }

  private static Deep full(int rows, int columns, int hidden) {
    return new Deep(
        random("mean", rows, columns),
        random("in", hidden, columns).div(Math.sqrt(hidden)),
        random("out", columns, hidden).times(0.3));
  }

  /// Seven steps of two roundings each.
  @Test
  void linearIsTheExponentialMean() {
    for (double momentum : new double[] {0.01, 0.5, 0.9, 0.999}) {
      GradientMemory memory = Linear.init(DType.FLOAT64, 2, 3);
      double[] mean = new double[6];
      for (int t = 0; t < 7; t++) {
        Tensor u = random("gradient " + t, 2, 3);
        double[] now = u.toDoubles();
        for (int i = 0; i < mean.length; i++) {
          mean[i] = momentum * mean[i] + (1 - momentum) * now[i];
        }
        memory = memory.write(u, Tensor.scalar(momentum));
        TALLY.near(1e-15, Tensor.of(Shape.of(2, 3), mean), memory.recall(u));
        TALLY.sameBits(memory.recall(u), memory.recall(u.neg()));
      }
    }
  }

  @Test
  void deepWithoutFeaturesIsLinear() {
    GradientMemory linear = Linear.init(DType.FLOAT64, 3, 5);
    GradientMemory deep =
        new Deep(
            Tensor.zeros(DType.FLOAT64, 3, 5),
            Tensor.zeros(DType.FLOAT64, 2, 5),
            Tensor.zeros(DType.FLOAT64, 5, 2));
    for (int t = 0; t < 7; t++) {
      Tensor u = shown(random("gradient " + t, 3, 5));
      linear = linear.write(u, Tensor.scalar(0.8));
      deep = deep.write(u, Tensor.scalar(0.8));
      TALLY.sameBits(linear.recall(u), deep.recall(u));
    }
  }

  @Test
  void deepStartsAsRememberingNothing() {
    Deep memory = Deep.init(Key.of(1), DType.FLOAT32, 3, 5, 4);
    Tensor u = shown(random("gradient", 3, 5)).cast(DType.FLOAT32);
    TALLY.sameBits(Tensor.zeros(DType.FLOAT32, 3, 5), memory.recall(u));
    TALLY.one(Tree.norm(memory.in()).item() > 0, "a memory without features cannot learn");
  }

  /// The step written out: e = mean + f Bᵀ − u with f = tanh(u Aᵀ) / √rows moves the mean by e, B
  /// by eᵀ f and A by ((e B) ∘ (1 − tanh²) / √rows)ᵀ u, these divided by max(1, ‖f‖²) and 1 + ‖B‖².
  @Test
  void deepStepsDownTheHandWrittenGradient() {
    double rate = 0.3;
    Deep memory = full(3, 5, 4);
    for (int t = 0; t < 6; t++) {
      Tensor u = shown(random("gradient " + t, 3, 5)).times(t % 2 == 0 ? 1 : 4);
      Deep expected = byHand(memory, (double[][]) u.toArray(), rate);
      memory = (Deep) memory.write(u, Tensor.scalar(1 - rate));
      TALLY.near(1e-14, expected, memory);
    }
  }

  private static Deep byHand(Deep memory, double[][] u, double rate) {
    double[][] mean = (double[][]) memory.mean().toArray();
    double[][] in = (double[][]) memory.in().toArray();
    double[][] out = (double[][]) memory.out().toArray();
    double root = Math.sqrt(u.length);
    double square = memory.out().square().sum().item();
    double features = features(u, in);
    double[][] nextMean = new double[u.length][];
    double[][] nextIn = (double[][]) memory.in().toArray();
    double[][] nextOut = (double[][]) memory.out().toArray();
    for (int r = 0; r < u.length; r++) {
      double[] error = new double[u[r].length];
      double[] tanh = new double[in.length];
      for (int h = 0; h < in.length; h++) {
        for (int c = 0; c < u[r].length; c++) {
          tanh[h] += u[r][c] * in[h][c];
        }
        tanh[h] = Math.tanh(tanh[h]);
      }
      nextMean[r] = mean[r].clone();
      for (int c = 0; c < error.length; c++) {
        error[c] = mean[r][c] - u[r][c];
        for (int h = 0; h < in.length; h++) {
          error[c] += tanh[h] / root * out[c][h];
        }
        nextMean[r][c] -= rate * error[c];
      }
      for (int h = 0; h < in.length; h++) {
        double back = 0;
        for (int c = 0; c < error.length; c++) {
          back += error[c] * out[c][h];
          nextOut[c][h] -= rate / Math.max(1, features) * error[c] * tanh[h] / root;
        }
        for (int c = 0; c < error.length; c++) {
          nextIn[h][c] -= rate / (1 + square) * back * (1 - tanh[h] * tanh[h]) / root * u[r][c];
        }
      }
    }
    return new Deep(
        Tensor.fromArray(nextMean), Tensor.fromArray(nextIn), Tensor.fromArray(nextOut));
  }

  /// ‖tanh(u Aᵀ)‖² / rows.
  private static double features(double[][] u, double[][] in) {
    double square = 0;
    for (double[] row : u) {
      for (double[] feature : in) {
        double product = 0;
        for (int c = 0; c < row.length; c++) {
          product += row[c] * feature[c];
        }
        square += Math.pow(Math.tanh(product), 2) / u.length;
      }
    }
    return square;
  }

  @Test
  void repeatedGradientsAreRecalled() {
    for (Tensor g : List.of(random("full", 4, 6), random("a", 4, 1).times(random("b", 6)))) {
      Tensor u = shown(g);
      for (double momentum : new double[] {0.34, 0.9}) {
        GradientMemory linear = Linear.init(DType.FLOAT64, 4, 6);
        GradientMemory deep = Deep.init(Key.of(2), DType.FLOAT64, 4, 6, 3);
        for (int t = 0; t < 200; t++) { // 0.9²⁰⁰ = 7e-10
          linear = linear.write(u, Tensor.scalar(momentum));
          deep = deep.write(u, Tensor.scalar(momentum));
        }
        TALLY.near(1e-8, u, linear.recall(u));
        TALLY.near(1e-8, u, deep.recall(u));
      }
    }
  }

  /// A memory, what it is shown and how it is written, together.
  private record Written(GradientMemory memory, Tensor gradient, Tensor momentum) {
    GradientMemory next() {
      return memory.write(gradient, momentum);
    }
  }

  @Test
  void writesHaveTheDerivativesOfFiniteDifferences() {
    Tensor u = random("gradient", 3, 5);
    Tensor momentum = Tensor.scalar(0.8);
    for (GradientMemory memory : List.of(new Linear(random("mean", 3, 5)), full(3, 5, 4))) {
      Written at = new Written(memory, u, momentum);
      TALLY.derivatives(GradientCheck.STANDARD, Written::next, at, 2);
    }
  }

  /// Lanes that are written side by side, one for each kind of gradient and momentum.
  private record Lane(Deep memory, Tensor gradient, Tensor momentum, Tensor follows) {
    /// One write: of the given gradient, or, where it `follows`, of one all of whose rows are the
    /// direction that excites the memory's features most, by power iteration on AᵀA.
    Outcome written() {
      Tensor worst = Tensor.ones(gradient.dtype(), gradient.shape().toArray()).plus(gradient);
      for (int i = 0; i < 6; i++) {
        worst = shown(worst.matmulTransposed(memory.in()).matmul(memory.in()));
      }
      Tensor u = shown(follows.times(worst).plus(gradient));
      Deep next = (Deep) memory.write(u, momentum);
      return new Outcome(next, next.recall(u).square().sum());
    }
  }

  private record Outcome(Deep memory, Tensor answer) {}

  /// Gradients that a memory might not like, by kind.
  private static List<Tensor> gradients(Key key, int t, DType dtype) {
    Tensor random = key.fold(t).normal(dtype, ROWS, COLUMNS);
    Tensor fixed = key.fold("fixed").normal(dtype, ROWS, COLUMNS);
    Tensor column = key.fold(t).fold("column").normal(dtype, ROWS, 1);
    Tensor row = key.fold("row").normal(dtype, COLUMNS);
    Tensor first = Tensor.eye(dtype, ROWS).slice(1, 0, 1); // [rows, 1]
    return List.of(
        random,
        column.times(row), // rank 1
        first.times(random), // one row has all the norm
        first.times(row),
        fixed.times(t % 2 == 0 ? 1 : -1),
        Tensor.ones(dtype, ROWS, 1).times(row).times(t % 2 == 0 ? 1 : -1),
        random.times(t % 3 == 0 ? 1e-11 : 1), // nearly 0 now and then
        fixed.times(0), // see Lane.written
        fixed.times(0));
  }

  private static double largestAnswer(DType dtype, int writes) {
    Key key = Key.of(43);
    int kinds = gradients(key, 0, dtype).size();
    List<Deep> each = new ArrayList<>();
    List<Tensor> momenta = new ArrayList<>();
    List<Tensor> follows = new ArrayList<>();
    for (double momentum : MOMENTA) {
      for (int kind = 0; kind < kinds; kind++) {
        each.add(Deep.init(key.fold("memory").fold(kind), dtype, ROWS, COLUMNS, HIDDEN));
        momenta.add(Tensor.scalar(dtype, momentum));
        follows.add(Tensor.scalar(dtype, kind >= kinds - 2 ? 1 : 0));
      }
    }
    Deep memories =
        new Deep(
            Tensor.stack(0, each.stream().map(Deep::mean).toList()),
            Tensor.stack(0, each.stream().map(Deep::in).toList()),
            Tensor.stack(0, each.stream().map(Deep::out).toList()));
    double largest = 0;
    for (int t = 0; t < writes; t++) {
      List<Tensor> shown = new ArrayList<>();
      for (int i = 0; i < MOMENTA.length; i++) {
        shown.addAll(gradients(key, t, dtype));
      }
      Lane lanes =
          new Lane(
              memories,
              Tensor.stack(0, shown),
              Tensor.stack(0, momenta),
              Tensor.stack(0, follows).times(t % 2 == 0 ? 1 : -1));
      Outcome out = vmap(Lane::written, lanes);
      memories = out.memory();
      largest = Math.max(largest, out.answer().max().item());
    }
    TALLY.finite(memories);
    return largest;
  }

  /// 190 writes in each of 54 lanes. Answers have the squared norm 4 of what is shown where they
  /// are exact; those to gradients that jump about overshoot, by at most a few times.
  @Test
  void writesStayBounded() {
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      double largest = largestAnswer(dtype, 190);
      TALLY.one(largest < 40, "an answer of the squared norm " + largest);
    }
  }
}
