package nestor.meta;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What [MetaOptimizer] writes: Polyak's step along the directions of deep momentum.
class MetaOptimizerWriteTest {
  private static final Tally TALLY = new Tally("what levels are written, by another road");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// The other road keeps all that it has seen in lists, and computes everything where it is
  /// needed.
  private static final class ByHand {
    private final List<Level> levels;
    private final StepGenerator generator;
    private final List<Tensor> params;
    private final List<DeepMomentum.State> memories = new ArrayList<>();
    private final List<List<Tensor>> gradients = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();
    private final double[][] fast;
    private final double[][] slow;
    private final double[] best;

    ByHand(List<Level> levels, State<SmallModel> start) {
      this.levels = levels;
      generator = start.generator().params();
      params = new ArrayList<>(Tree.leaves(start.params()));
      for (int i = 0; i < levels.size(); i++) {
        memories.add(SmallModel.memories(start, i));
      }
      fast = new double[levels.size()][];
      slow = new double[levels.size()][];
      best = new double[levels.size()];
    }

    /// Sample t − 1 is looked at; the levels that are due at step t write.
    void step(int t) {
      SmallModel model = new SmallModel(params.get(0), params.get(1), params.get(2));
      losses.add(SmallModel.loss(t - 1).apply(model).item());
      gradients.add(Tree.leaves(grad(SmallModel.loss(t - 1), model)));
      for (int i = 0; i < levels.size(); i++) {
        double[] r = generated(i);
        int period = levels.get(i).period();
        if (t % period == 0) {
          write(i, t, period, Math.exp(r[0]), 1 / (1 + Math.exp(-r[1])));
        }
      }
    }

    private void write(int i, int t, int period, double step, double momentum) {
      Tensor mean = params.get(i).zerosLike();
      double logRatio = 0;
      for (int s = t - period; s < t; s++) {
        Tensor g = gradients.get(s).get(i);
        mean = mean.plus(g.div(period));
        logRatio += Math.log(losses.get(s) / whole(gradients.get(s))) / period;
      }
      var moved =
          SmallModel.deep(levels.get(i))
              .step(memories.get(i), List.of(mean), Tensor.scalar(momentum));
      memories.set(i, moved.state());
      Tensor direction = moved.directions().getFirst();
      double rate = step * 2 * Math.exp(logRatio) / norm(direction);
      params.set(i, params.get(i).minus(direction.times(rate)));
    }

    /// The logarithm of the step and the logit of the momentum.
    private double[] generated(int i) {
      double[] now = {
        Math.log(losses.getLast()), Math.log(norm(gradients.getLast().get(i)) + 1e-12)
      };
      if (fast[i] == null) {
        fast[i] = now.clone();
        slow[i] = now.clone();
        best[i] = now[0];
      }
      double[] features = new double[7];
      for (int k = 0; k < 2; k++) {
        fast[i][k] += (now[k] - fast[i][k]) / 5;
        slow[i][k] += (now[k] - slow[i][k]) / 50;
        features[k] = (now[k] - fast[i][k]) / 4;
        features[2 + k] = (fast[i][k] - slow[i][k]) / 4;
        features[4 + k] = fast[i][k] / 4;
      }
      best[i] = Math.min(best[i], fast[i][0]);
      features[6] = (fast[i][0] - best[i]) / 4;
      Tensor hidden = generator.hidden().apply(Tensor.of(features)).tanh();
      double[] r = generator.head().matmul(hidden).toDoubles();
      r[0] += generator.step().get(i).item();
      r[1] += generator.momentum().get(i).item();
      return r;
    }

    private static double whole(List<Tensor> gradient) {
      return Math.sqrt(gradient.stream().mapToDouble(g -> Math.pow(norm(g) + 1e-12, 2)).sum());
    }

    private static double norm(Tensor x) {
      return Math.sqrt(x.square().sum().item());
    }
  }

  /// With the 1e-12 that is added to norms before their logarithm, only roundings are left.
  @Test
  void writesArePolyaksStepAlongDeepMomentum() {
    for (int[] periods : new int[][] {{1, 1, 1}, {1, 2, 3}, {4, 3, 7}}) {
      List<Level> levels = SmallModel.levels(periods[0], periods[1], periods[2]);
      MetaOptimizer optimizer = SmallModel.optimizer(0, levels);
      State<SmallModel> state = SmallModel.withHead(SmallModel.start(optimizer));
      ByHand byHand = new ByHand(levels, state);
      for (int t = 1; t <= 14; t++) {
        state = SmallModel.step(optimizer, state, SmallModel.loss(t)).next();
        byHand.step(t);
        TALLY.near(1e-12, byHand.params, Tree.leaves(state.params()));
        for (int i = 0; i < levels.size(); i++) {
          TALLY.near(1e-12, byHand.memories.get(i), SmallModel.memories(state, i));
        }
      }
    }
  }

  @Test
  void aStateHoldsTheLossAndTheGradientOfItsParameters() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(1, 2, 3));
    var states = SmallModel.states(optimizer, SmallModel.start(optimizer), 7);
    for (int t = 0; t < states.size(); t++) {
      var state = states.get(t);
      TALLY.near(1e-15, SmallModel.loss(t).apply(state.params()), state.loss());
      TALLY.near(1e-14, grad(SmallModel.loss(t), state.params()), state.gradient());
    }
  }

  /// A whole step along the gradient of a squared error brings its linearization to 0.
  @Test
  void aStepOfOneSolvesALinearProblemWithOneSample() {
    Function<Tensor, Tensor> loss = w -> w.dot(Tensor.of(3.0, -1, 2)).minus(5).square().times(0.5);
    Level level = Level.of("w", "").by(new DeepMomentum(0, 0)).from(1, 0.5);
    MetaOptimizer optimizer = SmallModel.optimizer(0, List.of(level));
    var step =
        SmallModel.step(
            optimizer, optimizer.start(SmallModel.KEY, Tensor.of(1.0, 1, 1), loss), loss);
    TALLY.one(step.loss() > 0.1, "solved from the start");
    TALLY.one(step.metaLoss() < 1e-18, "left: " + step.metaLoss());
  }

  @Test
  void ratesAndMomentaMoveAndAreNeverAtABound() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(1, 1, 2));
    State<SmallModel> state = SmallModel.start(optimizer);
    for (int t = 1; t <= 60; t++) {
      var before = state.generator().params();
      var step = SmallModel.step(optimizer, state, SmallModel.loss(t));
      state = step.next();
      for (var level : step.levels()) {
        if (level.turn() == Firing.Turn.WRITES) {
          TALLY.one(level.rate() > 0 && level.rate() < 1e3, "a rate of " + level.rate());
          double momentum = level.momentum();
          TALLY.one(momentum > 1e-3 && momentum < 1 - 1e-3, "a momentum of " + momentum);
        }
      }
      TALLY.otherBits(before.step(), state.generator().params().step());
      TALLY.otherBits(before.momentum(), state.generator().params().momentum());
      TALLY.one(step.metaGradNorm() > 0, "no meta-gradient");
    }
  }

  /// The squared distance of `w` and `v` from 1: both can be exactly there.
  private record Two(Tensor w, Tensor v) {
    static Two of(DType dtype, double w, double v) {
      return new Two(Tensor.full(dtype, w, 2, 2), Tensor.full(dtype, v, 3));
    }

    Tensor loss() {
      return w.minus(1).square().sum().plus(v.minus(1).square().sum());
    }

    static MetaOptimizer optimizer(int period) {
      Level w = Level.of("w", "w").by(new DeepMomentum(2, 3));
      Level v = Level.of("v", "v").by(new DeepMomentum(0, 5)).every(period);
      return SmallModel.optimizer(1, List.of(w, v));
    }
  }

  @Test
  void aLossOfZeroGivesNoStep() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      MetaOptimizer optimizer = Two.optimizer(2);
      Two solved = Two.of(dtype, 1, 1);
      State<Two> state = optimizer.start(SmallModel.KEY, solved, Two::loss);
      for (int t = 1; t <= 5; t++) {
        var step = SmallModel.step(optimizer, state, Two::loss);
        TALLY.equal(0.0, step.metaLoss());
        TALLY.sameBits(solved, step.next().params());
        TALLY.finite(step.next());
        state = step.next();
      }
    }
  }

  /// A level that has seen no gradient has no direction; one that has makes steps of bounded size.
  @Test
  void samplesWithoutAGradientGiveNoStep() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (int period : new int[] {1, 3}) {
        MetaOptimizer optimizer = Two.optimizer(period);
        Function<Two, Tensor> both = Two::loss;
        Function<Two, Tensor> onlyW = two -> two.loss().plus(two.v().minus(1).square().sum().neg());
        Two away = Two.of(dtype, 3, 0);
        State<Two> state = optimizer.start(SmallModel.KEY, away, onlyW);
        for (int t = 1; t <= 3; t++) { // from the start
          state = SmallModel.step(optimizer, state, t < 3 ? onlyW : both).next();
          TALLY.finite(state);
          TALLY.sameBits(away.v(), state.params().v());
        }
        for (int t = 4; t <= 12; t++) { // now and then
          Two before = state.params();
          state = SmallModel.step(optimizer, state, t % 2 == 0 ? onlyW : both).next();
          TALLY.finite(state);
          double moved = Tree.norm(before.v().minus(state.params().v())).item();
          TALLY.one(moved < 2, "v moved by " + moved);
        }
      }
    }
  }
}
