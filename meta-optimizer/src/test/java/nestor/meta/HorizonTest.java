package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import nestor.meta.SmallModel.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The meta-loss some steps ahead: derivatives through all writes of a window and of nothing
/// before.
class HorizonTest {
  private static final Tally TALLY = new Tally("meta-gradients through windows of several steps");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static final Objectives<SmallModel, Sample> OBJECTIVES = Objectives.of(SmallModel::error);

  /// The data after the steps of the next window.
  private static List<Sample> data(State<?> state, int horizon) {
    long first = SmallModel.number(state) + 1;
    return LongStream.range(first, first + horizon).mapToObj(SmallModel::sample).toList();
  }

  private static State<SmallModel> next(MetaOptimizer optimizer, State<SmallModel> state) {
    var firings = optimizer.firings(SmallModel.number(state) + 1);
    return optimizer.window(state, firings, OBJECTIVES, data(state, optimizer.horizon())).next();
  }

  /// A state after some windows, with a generator to which the context counts and nothing
  /// collected.
  private static State<SmallModel> after(MetaOptimizer optimizer, int windows) {
    State<SmallModel> state = SmallModel.withHead(SmallModel.start(optimizer));
    for (int i = 0; i < windows; i++) {
      state = next(optimizer, state);
    }
    return SmallModel.uncollected(state);
  }

  private static MetaOptimizer optimizer(int horizon, int... periods) {
    return SmallModel.optimizer(0, SmallModel.levels(periods[0], periods[1], periods[2]))
        .ahead(horizon);
  }

  /// √(L' + L̄) after windows in a row, with the running loss L̄ as the first begins.
  private static double objective(
      MetaOptimizer optimizer, State<SmallModel> state, StepGenerator generator, int windows) {
    State<SmallModel> now = SmallModel.with(state, generator);
    Tensor seen = now.memories().getFirst().observe(now.loss(), Tree.leaves(now.gradient())).get(0);
    Tensor fast = now.flow().fast().get(0).get(0);
    double running = Math.exp(fast.plus(seen.minus(fast).div(5)).item());
    for (int i = 0; i < windows; i++) {
      now = next(optimizer, now);
    }
    return Math.sqrt(now.loss().item() + running);
  }

  private static StepGenerator differences(
      MetaOptimizer optimizer, State<SmallModel> state, int windows) {
    StepGenerator at = state.generator().params();
    return SmallModel.differences(at, g -> objective(optimizer, state, g, windows));
  }

  @Test
  void metaGradientsThroughWindowsAreFiniteDifferences() {
    for (int[] periods : new int[][] {{1, 1, 1}, {1, 2, 3}}) {
      MetaOptimizer optimizer = optimizer(3, periods);
      State<SmallModel> state = after(optimizer, 1);
      SmallModel.assertRelative(
          TALLY, 1e-6, differences(optimizer, state, 1), next(optimizer, state).metaGradient());
    }
  }

  /// Two windows of two steps leave out what one of four steps has.
  @Test
  void truncationCutsWhatIsBeforeTheWindow() {
    MetaOptimizer two = optimizer(2, 1, 1, 2);
    State<SmallModel> start = after(two, 1);
    State<SmallModel> between = SmallModel.uncollected(next(two, start));
    SmallModel.assertRelative(
        TALLY, 1e-6, differences(two, between, 1), next(two, between).metaGradient());
    StepGenerator whole = differences(two, start, 2);
    MetaOptimizer four = optimizer(4, 1, 1, 2);
    SmallModel.assertRelative(TALLY, 1e-6, whole, next(four, start).metaGradient());
    double cut = distance(whole, next(two, between).metaGradient());
    TALLY.one(cut > 0.05 * Tree.norm(whole).item(), "nothing was cut: " + cut);
  }

  private static double distance(StepGenerator a, StepGenerator b) {
    return Tree.norm(Tree.zip(a, b, Tensor::minus)).item();
  }

  @Test
  void longerHorizonsGiveOtherGradients() {
    State<SmallModel> state = after(optimizer(1, 1, 1, 1), 2);
    List<StepGenerator> gradients = new ArrayList<>();
    for (int horizon : new int[] {1, 2, 3}) {
      gradients.add(next(optimizer(horizon, 1, 1, 1), state).metaGradient());
    }
    for (int i = 1; i < gradients.size(); i++) {
      double apart = distance(gradients.get(i), gradients.get(i - 1));
      TALLY.one(apart > 0.1 * Tree.norm(gradients.get(i)).item(), "as one step less: " + apart);
    }
  }

  /// The writes of a window do not depend on how far ahead the meta-loss is.
  @Test
  void windowsWriteAsSingleStepsDo() {
    for (int horizon : new int[] {1, 3}) {
      State<SmallModel> single = SmallModel.withHead(SmallModel.start(optimizer(1, 1, 2, 3)));
      State<SmallModel> window = single;
      MetaOptimizer ahead = optimizer(horizon, 1, 2, 3);
      for (int t = 0; t < 9; t++) {
        single = next(optimizer(1, 1, 2, 3), single);
        if ((t + 1) % horizon == 0) {
          window = next(ahead, window);
          TALLY.sameBits(single.params(), window.params());
          TALLY.sameBits(single.memories(), window.memories());
          TALLY.sameBits(single.flow(), window.flow());
          TALLY.sameBits(single.losses(), window.losses());
          TALLY.near(1e-13, single.gradient(), window.gradient());
        }
      }
    }
  }

  @Test
  void everySampleIsUsedOnceAndTheLastForTheMetaLoss() {
    List<Sample> seen = new ArrayList<>();
    MetaOptimizer optimizer = optimizer(3, 1, 1, 1);
    var training =
        Training.eager(
            optimizer,
            (SmallModel model, Sample sample) -> {
              seen.add(sample);
              return model.error(sample);
            });
    var state = training.start(SmallModel.KEY, SmallModel.create(), SmallModel.sample(0));
    seen.clear();
    List<Sample> window = data(state, 3);
    var steps = training.window(state, window);
    TALLY.equal(window, seen);
    TALLY.equal(3, steps.size());
    TALLY.equal(steps.get(1).loss(), steps.get(0).metaLoss());
    double last = steps.getLast().next().params().error(window.getLast()).item();
    TALLY.equal(last, steps.getLast().metaLoss());
  }

  @Test
  void theGeneratorIsWrittenAtTheEndOfWindows() {
    for (int horizon : new int[] {2, 3}) {
      MetaOptimizer optimizer = SmallModel.optimizer(2, SmallModel.levels(1, 2, 3)).ahead(horizon);
      State<SmallModel> now = SmallModel.withHead(SmallModel.start(optimizer));
      for (int window = 1; window <= 4; window++) {
        State<SmallModel> next = next(optimizer, now);
        TALLY.equal((long) horizon * window, SmallModel.number(next));
        if (window % 2 == 0) {
          TALLY.otherBits(now.generator(), next.generator());
          TALLY.equal(0.0, Tree.norm(next.metaGradient()).item());
        } else {
          TALLY.sameBits(now.generator(), next.generator());
        }
        now = next;
      }
    }
  }

  @Test
  void stoppedLevelsGiveExactlyNothingThroughAnyNumberOfSteps() {
    List<Level> levels = new ArrayList<>(SmallModel.levels(1, 1, 2));
    levels.set(1, levels.get(1).stopped());
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels).ahead(3);
    StepGenerator g = next(optimizer, after(optimizer, 1)).metaGradient();
    for (int i = 0; i < 3; i++) {
      TALLY.equal(i == 1, g.step().get(i).item() == 0);
      TALLY.equal(i == 1, g.momentum().get(i).item() == 0);
    }
    MetaOptimizer none =
        SmallModel.optimizer(0, levels.stream().map(Level::stopped).toList()).ahead(3);
    TALLY.equal(0.0, Tree.norm(next(none, after(none, 1)).metaGradient()).item());
  }

  /// Levels by any optimizer, differentiated a second time.
  @Test
  void anyOptimizerIsDifferentiatedThroughWindows() {
    List<Level> levels = new ArrayList<>();
    levels.add(Level.of("in", "in").by(Muon.withRate(1).withWeightDecay(0.1)).from(0.02, 0.7));
    levels.add(Level.of("bias", "bias").by(Sgd.withRate(1)).from(0.02, 0.6));
    levels.add(Level.of("out", "out").by(Adam.withRate(1)).from(0.05, 0.8));
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels).ahead(3);
    State<SmallModel> state = after(optimizer, 1);
    SmallModel.assertRelative(
        TALLY, 1e-5, differences(optimizer, state, 1), next(optimizer, state).metaGradient());
  }

  @Test
  void compiledWindowsAreEagerOnes() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, SmallModel.levels(1, 2, 3)).ahead(3);
    var eager = Training.eager(optimizer, OBJECTIVES);
    var compiled = Training.compiled(optimizer, OBJECTIVES);
    State<SmallModel> now = after(optimizer, 0);
    for (int window = 0; window < 6; window++) {
      var expected = eager.window(now, data(now, 3));
      var given = compiled.window(Transform.stopGradient(now), data(now, 3));
      TALLY.near(1e-12, expected.getLast().next(), given.getLast().next());
      for (int k = 0; k < 3; k++) {
        TALLY.one(Math.abs(expected.get(k).loss() - given.get(k).loss()) < 1e-12, "another loss");
        TALLY.equal(expected.get(k).levels().size(), given.get(k).levels().size());
      }
      now = expected.getLast().next();
    }
  }

  /// A sample without a gradient in the midst of a window.
  @Test
  void samplesWithoutAGradientLeaveMetaGradientsFinite() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      Level level = Level.of("w", "").by(new DeepMomentum(2, 3));
      MetaOptimizer optimizer = SmallModel.optimizer(1, List.of(level)).ahead(3);
      var training =
          Training.eager(
              optimizer, (Tensor w, Tensor factor) -> w.minus(1).square().sum().times(factor));
      Tensor one = Tensor.scalar(dtype, 1);
      Tensor zero = Tensor.scalar(dtype, 0);
      var state = training.start(SmallModel.KEY, Tensor.full(dtype, 3, 2, 2), one);
      for (List<Tensor> data :
          List.of(List.of(zero, one, one), List.of(one, zero, one), List.of(zero, zero, zero))) {
        state = training.window(state, data).getLast().next();
        TALLY.finite(state);
      }
    }
  }

  @Test
  void mistakesAreNamed() {
    MetaOptimizer optimizer = optimizer(3, 1, 1, 1);
    TALLY.fails(() -> optimizer.ahead(0), "0 steps ahead", "at least 1");
    State<SmallModel> state = SmallModel.start(optimizer);
    TALLY.fails(
        () -> SmallModel.step(optimizer, state, SmallModel.loss(1)),
        "3 steps",
        "the data of 1 steps");
    TALLY.one(optimizer.toString().endsWith("its own, 3 steps ahead"), optimizer.toString());
  }
}
