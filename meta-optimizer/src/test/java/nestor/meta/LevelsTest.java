package nestor.meta;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Linear;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [Levels] share parameters out, each to one level, and say what is wrong where they do not.
class LevelsTest {
  private static final Tally TALLY = new Tally("levels and the parameters that they write");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record Model(Linear input, List<Linear> blocks, Tensor scale) {
    static Model create() {
      Linear block = new Linear(Tensor.zeros(DType.FLOAT64, 2, 2), Tensor.zeros(DType.FLOAT64, 2));
      return new Model(block, List.of(block, block), Tensor.scalar(1));
    }
  }

  @Test
  void everyLeafBelongsToExactlyOneLevel() {
    Levels levels =
        Levels.of(
            Level.of("slow", "blocks.1.*"),
            Level.of("rest", "scale", "input.**"),
            Level.of("fast", "blocks.0.weight", "blocks.0.bias"));
    List<List<Integer>> shares = levels.shares(Model.create());
    List<String> paths = Tree.paths(Model.create());
    List<List<String>> named =
        shares.stream().map(share -> share.stream().map(paths::get).toList()).toList();
    TALLY.equal(
        List.of(
            List.of("blocks.1.weight", "blocks.1.bias"),
            List.of("input.weight", "input.bias", "scale"),
            List.of("blocks.0.weight", "blocks.0.bias")),
        named);
    TALLY.equal(3, levels.count());
  }

  /// A leaf that two patterns of the same level cover is still written once.
  @Test
  void patternsOfOneLevelMayOverlap() {
    Levels levels = Levels.of(Level.of("all", "**", "blocks.**"));
    TALLY.equal(List.of(List.of(0, 1, 2, 3, 4, 5, 6)), levels.shares(Model.create()));
  }

  @Test
  void leavesOfNoLevelAreNamed() {
    Levels levels = Levels.of(Level.of("a", "input.*"), Level.of("b", "blocks.*.*"));
    TALLY.fails(() -> levels.shares(Model.create()), "no level", "'scale'");
  }

  @Test
  void leavesOfTwoLevelsAreNamedWithBoth() {
    Levels levels = Levels.of(Level.of("all", "**"), Level.of("blocks-only", "blocks.1.bias"));
    TALLY.fails(
        () -> levels.shares(Model.create()), "all", "blocks-only", "both", "'blocks.1.bias'");
  }

  @Test
  void misspeltPathsAreNamedWithTheParametersThatThereAre() {
    Levels levels = Levels.of(Level.of("rest", "**"), Level.of("fast", "blocks.*.wieght"));
    TALLY.fails(
        () -> levels.shares(Model.create()),
        "fast",
        "'blocks.*.wieght'",
        "covers no parameter",
        "blocks.0.weight");
  }

  @Test
  void namesAreUnique() {
    TALLY.fails(() -> Levels.of(Level.of("fast", "a"), Level.of("fast", "b")), "two", "fast");
  }

  @Test
  void periodsAreAtLeastOne() {
    for (int period : new int[] {0, -3}) {
      TALLY.fails(
          () -> Level.of("fast", "**").every(period), "fast", "period", "" + period, "at least 1");
    }
    TALLY.equal(1, Level.of("fast", "**").every(1).period());
  }

  @Test
  void stepsAndMomentaAreInsideTheirBounds() {
    for (double momentum : new double[] {0, 1, -0.1, 1.5, Double.NaN}) {
      TALLY.fails(() -> Level.of("fast", "**").from(0.1, momentum), "fast", "momentum " + momentum);
    }
    for (double step : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      TALLY.fails(() -> Level.of("fast", "**").from(step, 0.9), "fast", "step " + step);
    }
    TALLY.equal(0.4, Level.of("fast", "**").from(0.2, 0.4).momentum());
    TALLY.equal(0.2, Level.of("fast", "**").from(0.2, 0.4).step());
  }

  @Test
  void levelsWriteSomething() {
    TALLY.fails(() -> Level.of("fast"), "fast", "writes nothing");
  }

  @Test
  void eachChangeOfALevelLeavesTheRest() {
    Level level = Level.of("fast", "a.*", "b");
    Optimizer optimizer = Muon.withRate(0.1);
    Level changed = level.every(3).by(optimizer).from(0.2, 0.3).stopped();
    TALLY.equal(
        new Level(
            "fast",
            3,
            level.writes(),
            optimizer,
            0.2,
            0.3,
            Level.ThroughWrites.STOPPED,
            Level.SHARED),
        changed);
    TALLY.equal(Level.ThroughWrites.DIFFERENTIATED, level.throughWrites());
  }

  @Test
  void printedAsATable() {
    Levels levels =
        Levels.of(
            Level.of("trunk", "input.*", "output.*").from(1, 0.8),
            Level.of("cms-100", "layers.*.cms.blocks.2.**")
                .every(100)
                .from(0.02, 0.9)
                .by(new DeepMomentum(0, 5))
                .stopped());
    TALLY.equal(
        """
        level     period  writes                    by              step  momentum  meta-gradient
        trunk          1  input.*, output.*         deep momentum    1.0       0.8  through
        cms-100      100  layers.*.cms.blocks.2.**  momentum        0.02       0.9  stopped\
        """,
        levels.toString().replace("\r\n", "\n"));
  }
}
