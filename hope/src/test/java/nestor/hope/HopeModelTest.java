package nestor.hope;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;

import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Models of layers with continuum memory systems, and the baselines.
class HopeModelTest {
  private static final Tally TALLY = new Tally("HOPE models and baselines");
  private static final GradientCheck CHECK = new GradientCheck(3e-4, 1e-6);
  private static final DType F64 = DType.FLOAT64;
  private static final int WIDTH = Layers.WIDTH;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor features(int samples) {
    return Layers.tokens(samples, 6, 3);
  }

  private static HopeModel<?> small(Baseline baseline) {
    return Layers.random(baseline.init(Layers.KEY, F64, new HopeModel.Sizes(3, 2, WIDTH, 2, 2)));
  }

  @Test
  void newModelsAreTheLinearMapOfTheirProjections() {
    HopeModel.Sizes sizes = new HopeModel.Sizes(3, 2, WIDTH, 3, 2);
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      Tensor x = features(4).cast(dtype);
      assertLinear(HopeModel.init(Layers.KEY, dtype, sizes, key -> new NoMemory(dtype)), x);
      for (Baseline baseline : Baseline.values()) {
        assertLinear(baseline.init(Layers.KEY, dtype, sizes), x);
      }
    }
  }

  private static void assertLinear(HopeModel<?> model, Tensor x) {
    Tensor expected = model.output().apply(model.input().apply(x));
    TALLY.sameBits(expected, model.read(x));
    TALLY.sameBits(model.input().bias().zerosLike(), model.input().bias());
    TALLY.sameBits(model.output().bias().zerosLike(), model.output().bias());
  }

  @Test
  void blocksAreTheirFormula() {
    for (Baseline baseline : Baseline.values()) {
      HopeModel<?> model = small(baseline);
      Tensor h = model.input().apply(features(4));
      for (HopeBlock<?> block : model.layers()) {
        h = block.cms().apply(h.plus(block.memory().read(h)));
      }
      TALLY.sameBits(model.output().apply(h), model.read(features(4)));
    }
  }

  @Test
  void onlyHopesHaveBlocksOfDifferentClocks() {
    for (Baseline baseline : Baseline.values()) {
      boolean isHope = baseline == Baseline.HOPE || baseline == Baseline.HOPE_ATTENTION;
      int blocks = isHope ? 2 : 1;
      for (HopeBlock<?> block : small(baseline).layers()) {
        TALLY.equal(blocks, block.cms().blocks().size());
      }
    }
  }

  @Test
  void modelsStreamAndDoNotSeeTheFuture() {
    for (Baseline baseline : Baseline.values()) {
      assertStreams(small(baseline));
      HopeModel<?> model = small(baseline);
      Tensor y = model.read(features(2));
      Tensor other = model.read(Layers.disturbed(features(2), 1, 4));
      TALLY.sameBits(y.slice(1, 0, 4), other.slice(1, 0, 4));
      TALLY.sameBits(y.get(0), other.get(0));
      TALLY.otherBits(y.slice(1, 4, 5), other.slice(1, 4, 5));
      TALLY.otherBits(y.slice(1, 5, 6), other.slice(1, 5, 6));
    }
  }

  private static <S> void assertStreams(HopeModel<S> model) {
    var first = model.apply(features(2).slice(1, 0, 4), model.start(2));
    var second = model.apply(features(2).slice(1, 4, 6), first.state());
    Tensor pieces = Tensor.concat(1, List.of(first.value(), second.value()));
    TALLY.near(1e-12, model.read(features(2)), pieces);
  }

  @Test
  void modelsHaveTheDerivativesOfFiniteDifferences() {
    for (Baseline baseline : Baseline.values()) {
      Tensor x = Layers.tokens(2, 3, 3);
      TALLY.derivatives(CHECK, (HopeModel<?> m) -> m.read(x), small(baseline), 2);
    }
  }

  @Test
  void everyElementOfEveryParameterIsReached() {
    for (Baseline baseline : Baseline.values()) {
      HopeModel<?> gradient =
          grad((HopeModel<?> m) -> m.read(features(2)).sin().sum(), small(baseline));
      for (var leaf : Tree.toMap(gradient).entrySet()) {
        for (double g : leaf.getValue().toDoubles()) {
          TALLY.one(g != 0, baseline + ": " + leaf.getKey() + " has a gradient of 0");
        }
      }
    }
  }

  @Test
  void compiledModelsHaveTheSameBits() {
    for (Baseline baseline : Baseline.values()) {
      HopeModel<?> model = small(baseline);
      Function<HopeModel<?>, HopeModel<?>> gradient =
          m -> grad((HopeModel<?> at) -> at.read(features(2)).square().sum(), m);
      TALLY.sameBits(gradient.apply(model), compile(gradient).apply(model));
    }
  }

  /// Padding: the norm of a query or a key that is 0 has a corner.
  @Test
  void tokensOfZerosHaveFiniteDerivatives() {
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      for (Baseline baseline : Baseline.values()) {
        HopeModel<?> model =
            baseline.init(Layers.KEY, dtype, new HopeModel.Sizes(2, 1, WIDTH, 2, 1));
        Tensor x = Tensor.zeros(dtype, 2, 3, 2);
        TALLY.finite(grad((HopeModel<?> m) -> m.read(x).plus(1).square().sum(), model));
      }
    }
  }

  // ---------------------------------------------------------------- sizes

  @Test
  void parametersAreCounted() {
    HopeModel.Sizes sizes = new HopeModel.Sizes(3, 2, 8, 2, 1);
    int mlp = 2 * 8 + 16 * 8 + 16 + 8 * 16 + 8;
    int projections = 3 * 8 + 8 + 8 * 2 + 2;
    int attention = 2 * 8 + 4 * 8 * 8;
    TALLY.equal(projections + 2L * (mlp + attention), Baseline.TRANSFORMER.parameters(sizes));
    int lstm = 2 * 8 + 4 * 8 * 8 + 4 * 8 + 4 * 8 * 8 + 8 * 8;
    TALLY.equal(projections + 2L * (mlp + lstm), Baseline.LSTM.parameters(sizes));
  }

  @Test
  void matchedModelsAreOfOneSize() {
    for (int budget : new int[] {60_000, 250_000}) {
      HopeModel.Sizes sizes = new HopeModel.Sizes(16, 16, 1, 2, 3);
      for (Baseline one : Baseline.values()) {
        HopeModel.Sizes matched = one.matched(sizes, budget);
        double count = one.parameters(matched);
        TALLY.one(Math.abs(count / budget - 1) < 0.025, one + " has " + count);
        TALLY.equal(matched, sizes.withWidth(matched.width()));
        for (int width : new int[] {matched.width() - 1, matched.width() + 1}) {
          double other = one.parameters(sizes.withWidth(width));
          TALLY.one(Math.abs(count - budget) <= Math.abs(other - budget), one + " at " + width);
        }
      }
    }
  }

  @Test
  void theSmallestModelIsOfWidthOne() {
    HopeModel.Sizes sizes = new HopeModel.Sizes(16, 16, 9, 2, 3);
    TALLY.equal(1, Baseline.DELTA_NET.matched(sizes, 1).width());
  }

  @Test
  void seedsDecideEveryBit() {
    HopeModel.Sizes sizes = new HopeModel.Sizes(3, 2, WIDTH, 2, 2);
    for (Baseline baseline : Baseline.values()) {
      HopeModel<?> model = baseline.init(Key.of(1), F64, sizes);
      TALLY.sameBits(model, baseline.init(Key.of(1), F64, sizes));
      TALLY.otherBits(model, baseline.init(Key.of(2), F64, sizes));
      TALLY.otherBits(model.layers().get(0), model.layers().get(1));
    }
  }
}
