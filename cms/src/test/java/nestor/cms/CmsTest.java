package nestor.cms;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.autodiff.nn.Linear;
import nestor.laws.Tally;
import nestor.meta.Adam;
import nestor.meta.Level;
import nestor.meta.Levels;
import nestor.meta.MetaOptimizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [Cms] is a chain of residual MLPs, each written on a clock of its own.
class CmsTest {
  private static final Tally TALLY = new Tally("continuum memory systems");
  private static final Key KEY = Key.of(91);
  private static final int WIDTH = 4;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A system whose blocks do something: every parameter is random.
  private static Cms random(int blocks) {
    return Tree.mapWithPath(
        Cms.init(KEY, DType.FLOAT64, WIDTH, blocks),
        (path, leaf) -> KEY.fold(path).normal(leaf.dtype(), leaf.shape().toArray()).times(0.5));
  }

  private static CmsBlock block(Cms cms, int i) {
    return (CmsBlock) cms.blocks().get(i);
  }

  private static Tensor tokens(DType dtype, int... leading) {
    return Shape.of(leading).rank() == 0
        ? KEY.fold("tokens").normal(dtype, WIDTH)
        : KEY.fold("tokens").normal(dtype, leading[0], leading[1], WIDTH);
  }

  @Test
  void newSystemsAreTheIdentity() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (int blocks : new int[] {0, 1, 3}) {
        Cms cms = Cms.init(KEY, dtype, WIDTH, blocks);
        TALLY.sameBits(tokens(dtype), cms.apply(tokens(dtype)));
        TALLY.sameBits(tokens(dtype, 2, 5), cms.apply(tokens(dtype, 2, 5)));
      }
    }
  }

  /// x + W₂ gelu(W₁ norm(x) + b₁) + b₂ with gelu(z) = z Φ(z), number by number.
  @Test
  void oneBlockIsAResidualMlp() {
    Cms cms = random(1);
    CmsBlock block = (CmsBlock) cms.blocks().getFirst();
    double[] x = tokens(DType.FLOAT64).toDoubles();
    double mean = 0;
    for (double element : x) {
      mean += element / WIDTH;
    }
    double variance = 0;
    for (double element : x) {
      variance += (element - mean) * (element - mean) / WIDTH;
    }
    double[] normal = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      normal[i] =
          (x[i] - mean) / Math.sqrt(variance + 1e-5) * block.norm().weight().get(i).item()
              + block.norm().bias().get(i).item();
    }
    double[] y = x.clone();
    for (int h = 0; h < 2 * WIDTH; h++) {
      double z = block.up().bias().get(h).item();
      for (int i = 0; i < WIDTH; i++) {
        z += block.up().weight().get(h).get(i).item() * normal[i];
      }
      double gelu = z * (1 + Tensor.scalar(z / Math.sqrt(2)).erf().item()) / 2;
      for (int i = 0; i < WIDTH; i++) {
        y[i] += block.down().weight().get(i).get(h).item() * gelu;
      }
    }
    for (int i = 0; i < WIDTH; i++) {
      y[i] += block.down().bias().get(i).item();
    }
    TALLY.near(1e-14, Tensor.of(y), cms.apply(tokens(DType.FLOAT64)));
  }

  @Test
  void chainsApplyTheirBlocksInOrder() {
    Cms cms = random(3);
    Tensor x = tokens(DType.FLOAT64, 2, 5);
    List<Block> b = cms.blocks();
    Tensor expected = b.get(2).apply(b.get(1).apply(b.get(0).apply(x)));
    TALLY.sameBits(expected, cms.apply(x));
    TALLY.otherBits(expected, Cms.Sequential.of(b.get(1), b.get(0), b.get(2)).apply(x));
  }

  @Test
  void blocksOfASystemStartDifferent() {
    Cms cms = Cms.init(KEY, DType.FLOAT32, WIDTH, 2);
    TALLY.otherBits(block(cms, 0).up(), block(cms, 1).up());
    TALLY.equal(Shape.of(2 * WIDTH, WIDTH), block(cms, 0).up().weight().shape());
  }

  /// Two layers with a system each, and something that is none.
  private record Model(List<Layer> layers, Linear output) {
    static Model create(int blocks) {
      return new Model(
          List.of(new Layer(random(blocks)), new Layer(random(blocks))),
          Linear.init(KEY, DType.FLOAT64, WIDTH, 1));
    }
  }

  private record Layer(Cms cms) {}

  @Test
  void levelsShareOutExactlyTheBlocksLeaves() {
    List<Level> levels = Cms.levels("layers.*.cms", 1, 10, 100);
    TALLY.equal(List.of("cms-1", "cms-10", "cms-100"), levels.stream().map(Level::name).toList());
    TALLY.equal(List.of(1, 10, 100), levels.stream().map(Level::period).toList());
    List<Level> all = new ArrayList<>(levels);
    all.add(Level.of("rest", "output.*"));
    Model model = Model.create(3);
    List<String> paths = Tree.paths(model);
    List<List<Integer>> shares = new Levels(all).shares(model);
    for (int i = 0; i < 3; i++) {
      String block = ".cms.blocks." + i + ".";
      TALLY.equal(
          paths.stream().filter(path -> path.contains(block)).toList(),
          shares.get(i).stream().map(paths::get).toList());
      TALLY.equal(
          2 * Tree.leaves(model.layers().get(0).cms().blocks().get(i)).size(),
          shares.get(i).size());
    }
    TALLY.equal(
        List.of("output.weight", "output.bias"), shares.get(3).stream().map(paths::get).toList());
  }

  @Test
  void tooFewOrTooManyPeriodsOrTwoAlikeAreNamed() {
    Cms cms = random(3);
    TALLY.fails(() -> of("", 1, 2).shares(cms), "no level", "blocks.2.norm.weight");
    TALLY.fails(() -> of("", 1, 2, 3, 4).shares(cms), "cms-4", "covers no parameter");
    TALLY.fails(() -> of("", 1, 2, 2), "two levels", "cms-2");
  }

  private static Levels of(String path, int... periods) {
    return new Levels(Cms.levels(path, periods));
  }

  @Test
  void blocksAreWrittenAtMultiplesOfTheirPeriods() {
    int[] periods = {1, 3, 7};
    List<Level> levels = new ArrayList<>();
    for (Level level : Cms.levels("layers.*.cms", periods)) {
      levels.add(level.from(0.02, 0.8));
    }
    levels.add(Level.of("rest", "output.*").from(0.02, 0.8));
    MetaOptimizer optimizer = new MetaOptimizer(new Levels(levels), Adam.withRate(0.003), 1);
    var state = optimizer.start(KEY, Model.create(3), loss(0));
    int[] writes = new int[3];
    for (int t = 1; t <= 22; t++) {
      var next = optimizer.step(state, optimizer.firing(t), loss(t)).next();
      for (int layer = 0; layer < 2; layer++) {
        for (int i = 0; i < 3; i++) {
          Block before = state.params().layers().get(layer).cms().blocks().get(i);
          Block after = next.params().layers().get(layer).cms().blocks().get(i);
          if (t % periods[i] == 0) {
            TALLY.otherBits(before, after);
            writes[i]++;
          } else {
            TALLY.sameBits(before, after);
          }
        }
      }
      TALLY.finite(next.params());
      state = next;
    }
    TALLY.equal(List.of(2 * 22, 2 * 7, 2 * 3), List.of(writes[0], writes[1], writes[2]));
  }

  private static Function<Model, Tensor> loss(int t) {
    Tensor x = KEY.fold(t).normal(DType.FLOAT64, 3, WIDTH);
    Tensor y = x.sum(1);
    return model -> {
      Tensor h = x;
      for (Layer layer : model.layers()) {
        h = layer.cms().apply(h);
      }
      return model.output().apply(h).reshape(3).minus(y).square().mean();
    };
  }

  @Test
  void newBlocksLearn() {
    Tensor x = tokens(DType.FLOAT64, 2, 3);
    Cms g = grad((Cms c) -> c.apply(x).square().sum(), Cms.init(KEY, DType.FLOAT64, WIDTH, 2));
    for (int i = 0; i < 2; i++) {
      TALLY.one(Tree.norm(block(g, i).down()).item() > 1e-3, "down gets no gradient");
    }
  }

  @Test
  void systemsHaveTheDerivativesOfFiniteDifferences() {
    Tensor x = tokens(DType.FLOAT64, 2, 3);
    TALLY.derivatives(new GradientCheck(1e-3, 1e-6), (Cms c) -> c.apply(x), random(2), 2);
    Cms cms = random(2);
    TALLY.derivatives(new GradientCheck(1e-3, 1e-6), (Tensor t) -> cms.apply(t), x, 2);
    Cms g = grad((Cms c) -> c.apply(x).tanh().sum(), cms);
    Tree.toMap(g)
        .forEach(
            (path, leaf) -> TALLY.one(Tree.norm(leaf).item() > 1e-9, path + " is not reached"));
  }
}
