package nestor.meta;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What holds for every optimizer, which is a line of this table.
class OptimizersTest {
  private static final Tally TALLY = new Tally("all optimizers: laws of values and derivatives");
  private static final Key KEY = Key.of(71);
  private static final int STEPS = 5;

  /// An optimizer with hyper-parameters that may be moved about.
  private enum Row {
    SGD(new Sgd(number(0.3), number(0.02))),
    MOMENTUM(new Momentum(number(0.1), number(0.8))),
    NESTEROV(new Nesterov(number(0.1), number(0.8))),
    ADA_GRAD(new AdaGrad(number(0.5), number(0.02))),
    RMS_PROP(new RmsProp(number(0.1), number(0.8), number(0.02))),
    ADAM(new Adam(number(0.2), number(0.8), number(0.9), number(0.02), number(0.01))),
    ADAM_W(
        new AdamW(
            new Adam(number(0.2), number(0.8), number(0.9), number(0.02), number(0.01)),
            number(0.02))),
    MUON(new Muon(number(0.2), number(0.7), number(0.02))),
    DELTA_MOMENTUM(new DeltaMomentum(number(0.2), number(0.8))),
    PRECONDITIONED(new PreconditionedMomentum(number(0.1), number(0.7), number(0.4), number(0.3))),
    ASSOCIATIVE(new AssociativeMemoryOptimizer(number(0.4), number(0.7), number(0.4))),
    M3_PAPER(
        new M3Paper(
            number(0.6), number(0.9), number(0.8), number(0.7), number(0.4), number(0.1), 2)),
    M3_EMA(
        new M3Ema(number(0.3), number(0.7), number(0.8), number(0.6), number(0.4), number(0.1), 2)),
    DEEP_MOMENTUM(
        new DeepMomentumGradientDescent(number(0.2), number(0.7), new DeepMomentum(3, 4), 5)),
    LINEAR_MOMENTUM(
        new DeepMomentumGradientDescent(number(0.2), number(0.7), new DeepMomentum(0, 4), 5)),
    SCHEDULED(
        new Scheduled(
            new RmsProp(number(0.3), number(0.8), number(0.02)),
            new Schedule.LinearWarmup(number(2.5))
                .then(1.7, new Schedule.Cosine(number(30), number(0.1))))),
    GLOBALLY_CLIPPED(Clipped.byGlobalNorm(new Sgd(number(0.3), number(0.02)), 1.5)),
    LEAF_CLIPPED(Clipped.byLeafNorm(new Nesterov(number(0.1), number(0.8)), 1.2)),
    VALUE_CLIPPED(Clipped.byValue(new Sgd(number(0.3), number(0.02)), 0.9)),
    PER_PATH(
        PerPath.of("*.weight", new Muon(number(0.2), number(0.7), number(0.02)))
            .otherwise("**", new RmsProp(number(0.1), number(0.8), number(0.02))));

    @SuppressWarnings("ImmutableEnumChecker") // a record of tensors, which is immutable
    private final Optimizer optimizer;

    Row(Optimizer optimizer) {
      this.optimizer = optimizer;
    }

    /// Newton–Schulz does not see the factor of the momentum in its matrices.
    boolean hasScaleFreeMomentum() {
      return this == M3_PAPER || this == LINEAR_MOMENTUM;
    }
  }

  private static Tensor number(double value) {
    return Tensor.scalar(value);
  }

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record Layer(Tensor weight, Tensor bias) {}

  /// A tall matrix, a wide one, two vectors and a number.
  private record Params(Layer tall, Layer wide, Tensor gain) {
    static Params random(String name, DType dtype) {
      Key key = KEY.fold(name);
      return new Params(
          new Layer(normal(key, dtype, 4, 2), normal(key, dtype, 4)),
          new Layer(normal(key, dtype, 2, 3), normal(key, dtype, 2)),
          normal(key, dtype));
    }

    /// Drawn in `float64`, so that both types have the same numbers up to rounding.
    private static Tensor normal(Key key, DType dtype, int... dims) {
      return key.fold(dims.length * 100 + (dims.length > 0 ? dims[0] : 0))
          .normal(DType.FLOAT64, dims)
          .cast(dtype);
    }

    static Params start(DType dtype) {
      return random("start", dtype);
    }

    static Params target(DType dtype) {
      return random("target", dtype);
    }
  }

  /// ½ Σ c (θ − θ*)² with curvatures c from 0.4 to 1.6.
  private static Tensor loss(Params p) {
    DType dtype = p.gain().dtype();
    List<Tensor> now = Tree.leaves(p);
    List<Tensor> target = Tree.leaves(Params.target(dtype));
    List<Tensor> curvature = Tree.leaves(Params.random("curvature", dtype));
    Tensor sum = p.gain().constant(0);
    for (int i = 0; i < now.size(); i++) {
      Tensor c = curvature.get(i).tanh().times(0.6).plus(1);
      sum = sum.plus(now.get(i).minus(target.get(i)).square().times(c).sum().times(0.5));
    }
    return sum;
  }

  private static Optimizer.State<Params> step(Optimizer optimizer, Optimizer.State<Params> now) {
    return optimizer.next(now, grad(OptimizersTest::loss, now.params()));
  }

  /// Training from a start, a tree to differentiate.
  private record Training(Optimizer optimizer, Params start) {
    Optimizer.State<Params> after(int steps) {
      Optimizer.State<Params> state = optimizer.start(start);
      for (int t = 0; t < steps; t++) {
        state = step(optimizer, state);
      }
      return state;
    }
  }

  private static Training training(Row row) {
    return new Training(row.optimizer, Params.start(DType.FLOAT64));
  }

  @ParameterizedTest
  @EnumSource
  void stepsLowerTheLoss(Row row) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Training training = new Training(row.optimizer, Params.start(dtype));
      double before = loss(training.start()).item();
      double after = loss(training.after(20).params()).item();
      TALLY.one(after < 0.5 * before, row + " took " + before + " to " + after);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEEP_MOMENTUM") // draws others in float32
  void float32StepsAreThoseOfFloat64Rounded(Row row) {
    Params wide = training(row).after(3).params();
    Params narrow = new Training(row.optimizer, Params.start(DType.FLOAT32)).after(3).params();
    TALLY.near(3e-5, Tree.map(wide, leaf -> leaf.cast(DType.FLOAT32)), narrow);
  }

  @ParameterizedTest
  @EnumSource
  void compiledAndScannedStepsHaveTheBitsOfALoop(Row row) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Training training = new Training(row.optimizer, Params.start(dtype));
      Optimizer.State<Params> start = row.optimizer.start(training.start());
      var expected = training.after(STEPS);
      var compiled = compile((Optimizer.State<Params> now) -> step(row.optimizer, now));
      var now = start;
      for (int t = 0; t < STEPS; t++) {
        now = compiled.apply(now);
      }
      TALLY.sameBits(expected, now);
      TALLY.sameBits(
          expected.params(), compile((Training t) -> t.after(STEPS).params()).apply(training));
      TALLY.sameBits(expected, scanned(training));
      TALLY.sameBits(expected, compile(OptimizersTest::scanned).apply(training));
    }
  }

  private static Optimizer.State<Params> scanned(Training training) {
    return scan(
            (Optimizer.State<Params> now) ->
                new Transform.Step<>(step(training.optimizer(), now), List.<Tensor>of()),
            training.optimizer().start(training.start()),
            STEPS)
        .carry();
  }

  @ParameterizedTest
  @EnumSource
  void mappedTrainingsAreTrainingsOneByOne(Row row) {
    Training training = training(row);
    List<Training> each =
        IntStream.range(0, 3)
            .mapToObj(i -> Tree.map(training, leaf -> leaf.times(1 + 0.1 * i)))
            .toList();
    Training stacked = stack(each);
    Params mapped = vmap((Training t) -> t.after(STEPS).params(), stacked);
    TALLY.near(1e-9, stack(each.stream().map(t -> t.after(STEPS).params()).toList()), mapped);
  }

  private static <T> T stack(List<T> trees) {
    List<Tensor> leaves = new ArrayList<>();
    for (int i = 0; i < Tree.leaves(trees.getFirst()).size(); i++) {
      int leaf = i;
      leaves.add(Tensor.stack(0, trees.stream().map(t -> Tree.leaves(t).get(leaf)).toList()));
    }
    return Tree.withLeaves(trees.getFirst(), leaves);
  }

  /// Of the loss after five steps, for each hyper-parameter by itself; `grad` fails where one is
  /// not reached. The steps are short because Newton–Schulz enlarges small singular values 485
  /// times.
  @ParameterizedTest
  @EnumSource
  void everyHyperparameterHasTheDerivativesOfFiniteDifferences(Row row) {
    Training training = training(row);
    List<Tensor> hyper = Tree.leaves(row.optimizer);
    for (int i = 0; i < hyper.size(); i++) {
      int leaf = i;
      var results =
          new GradientCheck(1e-5, 1e-8)
              .check(
                  (Tensor value) -> {
                    List<Tensor> changed = new ArrayList<>(hyper);
                    changed.set(leaf, value);
                    Optimizer optimizer = Tree.withLeaves(row.optimizer, changed);
                    return loss(new Training(optimizer, training.start()).after(STEPS).params());
                  },
                  hyper.get(i),
                  1,
                  KEY);
      double least = row.hasScaleFreeMomentum() ? 1e-12 : 1e-5;
      TALLY.one(Math.abs(results.getFirst().derivative()) > least, row + " " + results);
    }
    Training gradient = grad((Training t) -> loss(t.after(STEPS).params()), training);
    TALLY.finite(gradient);
  }

  @ParameterizedTest
  @EnumSource
  void trainingsHaveTheDerivativesOfFiniteDifferences(Row row) {
    TALLY.derivatives(
        new GradientCheck(1e-4, 1e-6), (Training t) -> t.after(3).params(), training(row), 2);
  }

  /// At the minimum all gradients are 0 unless weights decay; derivatives are those that the
  /// optimizers document.
  @ParameterizedTest
  @EnumSource
  void zeroGradientsGiveFiniteStepsAndDerivatives(Row row) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Training resting = new Training(row.optimizer, Params.target(dtype));
      var after = vjp((Training t) -> t.after(3), resting);
      TALLY.finite(after.value());
      TALLY.finite(after.pullback().apply(Tree.map(after.value(), Tensor::onesLike)));
      Params zero = Tree.map(resting.start(), Tensor::zerosLike);
      TALLY.finite(row.optimizer.next(row.optimizer.start(zero), zero));
      TALLY.near(0, zero, row.optimizer.next(row.optimizer.start(zero), zero).params());
    }
  }
}
