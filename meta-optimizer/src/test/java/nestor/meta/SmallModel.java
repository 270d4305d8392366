package nestor.meta;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;

/// A model small enough to be differentiated number by number: out · tanh(in x + bias).
///
/// @param in `[3, 2]`
/// @param bias `[3]`
/// @param out `[3]`
record SmallModel(Tensor in, Tensor bias, Tensor out) {
  static final Key KEY = Key.of(81);

  static SmallModel create() {
    return drawn(KEY.fold("student"));
  }

  private static SmallModel drawn(Key key) {
    return new SmallModel(
        key.fold("in").normal(DType.FLOAT64, 3, 2),
        key.fold("bias").normal(DType.FLOAT64, 3),
        key.fold("out").normal(DType.FLOAT64, 3));
  }

  Tensor at(Tensor x) {
    return x.matmulTransposed(in).plus(bias).tanh().matmul(out);
  }

  /// A sample for a model.
  record Sample(Tensor x, Tensor y) {}

  /// Sample t of a stream that a model like this one answers.
  static Sample sample(long t) {
    Tensor x = KEY.fold("sample").fold(t).normal(DType.FLOAT64, 4, 2);
    return new Sample(x, drawn(KEY.fold("teacher")).at(x));
  }

  /// The squared error on a sample.
  Tensor error(Sample sample) {
    return at(sample.x).minus(sample.y).square().mean();
  }

  /// The squared error on sample t of the stream.
  static Function<SmallModel, Tensor> loss(long t) {
    Sample sample = sample(t);
    return model -> model.error(sample);
  }

  /// One eager step.
  static <P> Training.Step<P> step(
      MetaOptimizer optimizer, State<P> now, Function<P, Tensor> next) {
    return Training.eager(optimizer, (P params, Function<P, Tensor> loss) -> loss.apply(params))
        .step(now, next);
  }

  /// How many steps were taken.
  static long number(State<?> state) {
    return (long) state.step().item();
  }

  /// One level for each parameter.
  static List<Level> levels(int inPeriod, int biasPeriod, int outPeriod) {
    DeepMomentum deep = new DeepMomentum(2, 3);
    return List.of(
        Level.of("in", "in").every(inPeriod).by(deep).from(0.02, 0.7),
        Level.of("bias", "bias").every(biasPeriod).by(new DeepMomentum(0, 0)).from(0.02, 0.6),
        Level.of("out", "out").every(outPeriod).by(deep).from(0.05, 0.8));
  }

  /// The deep momentum that writes a level.
  static DeepMomentum deep(Level level) {
    return ((DeepMomentumGradientDescent) level.optimizer()).memory();
  }

  /// Its memories.
  static DeepMomentum.State memories(State<?> state, int level) {
    var course = state.memories().get(level).course().state();
    return ((DeepMomentumGradientDescent.State<?>) course).memories();
  }

  static MetaOptimizer optimizer(int period, List<Level> levels) {
    return new MetaOptimizer(new Levels(levels), Adam.withRate(0.01), period);
  }

  static State<SmallModel> start(MetaOptimizer optimizer) {
    return optimizer.start(KEY.fold("start"), create(), loss(0));
  }

  /// The same state with a generator whose head is not 0, so that the context counts.
  static State<SmallModel> withHead(State<SmallModel> state) {
    StepGenerator g = state.generator().params();
    Tensor head = KEY.fold("head").normal(DType.FLOAT64, g.head().shape().toArray()).times(0.1);
    return with(state, new StepGenerator(g.hidden(), head, g.step(), g.momentum(), g.scales()));
  }

  /// The state as if the generator had just been written.
  static State<SmallModel> uncollected(State<SmallModel> state) {
    return new State<>(
        state.params(),
        state.losses(),
        state.gradient(),
        state.memories(),
        state.flow(),
        state.generator(),
        Tree.map(state.metaGradient(), Tensor::zerosLike),
        state.step());
  }

  static State<SmallModel> with(State<SmallModel> state, StepGenerator generator) {
    var training = state.generator();
    return new State<>(
        state.params(),
        state.losses(),
        state.gradient(),
        state.memories(),
        state.flow(),
        new Adam.State<>(generator, training.mean(), training.meanSquare(), training.step()),
        state.metaGradient(),
        state.step());
  }

  /// The states from a start on, after each step.
  static List<State<SmallModel>> states(
      MetaOptimizer optimizer, State<SmallModel> start, int steps) {
    List<State<SmallModel>> states = new ArrayList<>(List.of(start));
    for (int t = 1; t <= steps; t++) {
      states.add(SmallModel.step(optimizer, states.getLast(), loss(number(start) + t)).next());
    }
    return states;
  }

  /// Differences of the fourth order, number by number. Their own error is about 1e-15 / 1e-3 from
  /// roundings and 1e-12 from the order.
  static StepGenerator differences(StepGenerator at, ToDoubleFunction<StepGenerator> f) {
    double h = 1e-3;
    List<Tensor> leaves = Tree.leaves(at);
    List<Tensor> slopes = new ArrayList<>();
    for (int leaf = 0; leaf < leaves.size(); leaf++) {
      double[] values = leaves.get(leaf).toDoubles();
      double[] slope = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        double[] weights = {1, -8, 8, -1};
        double[] offsets = {-2, -1, 1, 2};
        for (int k = 0; k < 4; k++) {
          double[] moved = values.clone();
          moved[i] += offsets[k] * h;
          List<Tensor> others = new ArrayList<>(leaves);
          others.set(leaf, Tensor.of(leaves.get(leaf).shape(), moved));
          slope[i] += weights[k] * f.applyAsDouble(Tree.withLeaves(at, others)) / (12 * h);
        }
      }
      slopes.add(Tensor.of(leaves.get(leaf).shape(), slope));
    }
    return Tree.withLeaves(at, slopes);
  }

  /// Relative to the largest element of each leaf.
  static void assertRelative(
      Tally tally, double tolerance, StepGenerator expected, StepGenerator given) {
    var wanted = Tree.toMap(expected);
    Tree.toMap(given)
        .forEach((path, leaf) -> {
          double[] e = wanted.get(path).toDoubles();
          double[] g = leaf.toDoubles();
          double scale = Arrays.stream(e).map(Math::abs).max().orElseThrow();
          for (int i = 0; i < e.length; i++) {
            tally.one(
                Math.abs(e[i] - g[i]) <= tolerance * scale,
                "%s, element %d: %s is not %s".formatted(path, i, g[i], e[i]));
          }
        });
  }
}
