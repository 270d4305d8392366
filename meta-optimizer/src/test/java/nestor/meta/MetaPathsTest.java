package nestor.meta;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.MetaOptimizer.State;
import nestor.meta.MetaPath.Mark;
import nestor.meta.SmallModel.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [Training#paths] against the meta-gradient, and with planted faults.
class MetaPathsTest {
  private static final Tally TALLY = new Tally("paths of meta-gradients, with planted faults");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static final Objectives<SmallModel, Sample> OBJECTIVES = Objectives.of(SmallModel::error);

  /// Two groups in the first level, two levels.
  private static List<Level> levels() {
    DeepMomentum deep = new DeepMomentum(2, 3);
    return List.of(
        Level.of("layer", "in", "bias").by(deep).from(0.02, 0.7),
        Level.of("out", "out").by(deep).from(0.05, 0.8));
  }

  private static State<SmallModel> after(MetaOptimizer optimizer, int windows) {
    var training = Training.eager(optimizer, OBJECTIVES);
    State<SmallModel> now = SmallModel.withHead(SmallModel.start(optimizer));
    for (int i = 0; i < windows; i++) {
      now = training.window(now, data(now, optimizer)).getLast().next();
    }
    return SmallModel.uncollected(now);
  }

  private static List<Sample> data(State<?> state, MetaOptimizer optimizer) {
    long first = SmallModel.number(state) + 1;
    return LongStream.range(first, first + optimizer.horizon())
        .mapToObj(SmallModel::sample)
        .toList();
  }

  private static List<MetaPath> paths(MetaOptimizer optimizer, State<SmallModel> now) {
    return Training.eager(optimizer, OBJECTIVES).paths(now, data(now, optimizer));
  }

  private static List<MetaPath> paths(MetaOptimizer optimizer) {
    return paths(optimizer, after(optimizer, 2));
  }

  private static List<MetaPath> marked(List<MetaPath> paths, Mark mark) {
    return paths.stream().filter(path -> path.mark() == mark).toList();
  }

  /// A decomposition, not an estimate: what comes along all paths adds up to what is learned from.
  @Test
  void contributionsAddUpToTheMetaGradient() {
    for (int horizon : new int[] {1, 3}) {
      List<Level> levels = new ArrayList<>(levels());
      levels.set(1, levels.get(1).every(2).by(Sgd.withRate(1)));
      MetaOptimizer optimizer = SmallModel.optimizer(0, levels).ahead(horizon);
      State<SmallModel> now = after(optimizer, horizon == 1 ? 3 : 1);
      List<Sample> data = data(now, optimizer);
      var firings = optimizer.firings(SmallModel.number(now) + 1);
      var contributions =
          new MetaPaths<>(optimizer, now, firings, OBJECTIVES, data).contributions();
      StepGenerator sum = Tree.map(now.metaGradient(), Tensor::zerosLike);
      for (var contribution : contributions) {
        sum = Tree.zip(sum, contribution.gradient(), Tensor::plus);
      }
      StepGenerator learned =
          optimizer.window(now, firings, OBJECTIVES, data).next().metaGradient();
      SmallModel.assertRelative(TALLY, 1e-12, learned, sum);
      TALLY.one(Tree.norm(sum).item() > 0, "no meta-gradient");
    }
  }

  @Test
  void healthyPathsAreOpenAndOfTheStrengthOfTheirGradients() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels());
    State<SmallModel> now = after(optimizer, 2);
    List<MetaPath> paths = paths(optimizer, now);
    TALLY.equal(0, marked(paths, Mark.SEVERED).size());
    TALLY.equal(0, marked(paths, Mark.SATURATED).size());
    TALLY.equal(0, marked(paths, Mark.WAITING).size());
    // Three leaves of all, then steps, momenta and scales: rate, momentum, scale; rate, momentum.
    TALLY.equal(3 * 5 + 2 + 2 + 1, marked(paths, Mark.OPEN).size());
    TALLY.one(paths.stream().allMatch(p -> p.strength() > 0), "a path of no strength");
    var step = SmallModel.step(optimizer, now, SmallModel.loss(SmallModel.number(now) + 1));
    double gradient = Math.abs(step.next().metaGradient().step().get(1).item());
    MetaPath out = named(paths, "step.out", "rate of out at step 3");
    TALLY.one(Math.abs(gradient - out.strength()) < 1e-12 * gradient, "another strength: " + out);
  }

  private static MetaPath named(List<MetaPath> paths, String parameter, String through) {
    return paths.stream()
        .filter(path -> path.parameter().equals(parameter) && path.through().equals(through))
        .findFirst()
        .orElseThrow(() -> new AssertionError(parameter + " through " + through + ": " + paths));
  }

  @Test
  void aStoppedLevelIsSeveredByDeclaration() {
    List<Level> levels = List.of(levels().get(0), levels().get(1).stopped());
    for (int horizon : new int[] {1, 3}) {
      List<MetaPath> paths = paths(SmallModel.optimizer(0, levels).ahead(horizon));
      List<MetaPath> severed = marked(paths, Mark.SEVERED);
      TALLY.equal(8 * horizon, severed.size()); // three leaves and its own, rate and momentum
      for (MetaPath path : severed) {
        TALLY.equal(0.0, path.strength());
        TALLY.one(path.why().contains("declared"), path.why());
        TALLY.one(path.through().contains(" of out "), path.through());
      }
    }
  }

  @Test
  void aSaturatedMomentumIsMarkedWithItsSlope() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels());
    State<SmallModel> now = after(optimizer, 2);
    StepGenerator g = now.generator().params();
    Tensor huge = Tensor.stack(0, List.of(g.momentum().get(0), Tensor.scalar(12.0)));
    State<SmallModel> planted =
        SmallModel.with(now, new StepGenerator(g.hidden(), g.head(), g.step(), huge, g.scales()));
    List<MetaPath> saturated = marked(paths(optimizer, planted), Mark.SATURATED);
    TALLY.equal(4, saturated.size());
    for (MetaPath path : saturated) {
      TALLY.equal("momentum of out at step 3", path.through());
      TALLY.one(path.why().startsWith("σ' = 6e-06"), path.why());
      TALLY.one(path.strength() > 0, "no strength");
    }
  }

  @Test
  void saturatedHiddenUnitsAreMarked() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels());
    State<SmallModel> now = after(optimizer, 2);
    StepGenerator g = now.generator().params();
    var flat = Tree.map(g.hidden(), leaf -> leaf.times(0).plus(9));
    State<SmallModel> planted =
        SmallModel.with(now, new StepGenerator(flat, g.head(), g.step(), g.momentum(), g.scales()));
    List<MetaPath> paths = paths(optimizer, planted);
    List<MetaPath> hidden = paths.stream().filter(p -> p.parameter().startsWith("hidden")).toList();
    TALLY.equal(10, hidden.size());
    for (MetaPath path : hidden) {
      TALLY.one(path.mark() == Mark.SATURATED || path.mark() == Mark.SEVERED, path.toString());
    }
    TALLY.one(marked(paths, Mark.SATURATED).size() >= 1, "none saturated");
    TALLY.one(
        marked(paths, Mark.SATURATED).getFirst().why().contains("16 of 16 hidden units"),
        marked(paths, Mark.SATURATED).toString());
  }

  @Test
  void exactZerosAreSeveredWithTheirReason() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels());
    State<SmallModel> start = SmallModel.start(optimizer); // with a head of 0
    List<MetaPath> severed = marked(paths(optimizer, start), Mark.SEVERED);
    TALLY.one(
        severed.stream()
                .filter(p -> p.parameter().startsWith("hidden"))
                .filter(p -> p.why().equals("the head is 0, as it starts"))
                .count()
            == 10,
        severed.toString());
    List<Level> plain = List.of(levels().get(0), levels().get(1).by(Sgd.withRate(1)));
    severed = marked(paths(SmallModel.optimizer(0, plain)), Mark.SEVERED);
    TALLY.equal(4, severed.size());
    TALLY.one(
        severed.stream().allMatch(p -> p.why().equals("Sgd has no momentum")), severed.toString());
  }

  /// The loss does not see `memory`, so the write of its level leads nowhere.
  @Test
  void aWriteThatTheLossDoesNotSeeIsSevered() {
    record Two(Tensor w, Tensor memory) {}
    Level w = Level.of("w", "w").by(Momentum.withRate(1));
    Level memory = Level.of("memory", "memory").by(Sgd.withRate(1)).on("recall");
    Objectives<Two, Tensor> objectives =
        Objectives.<Two, Tensor>of((two, x) -> two.w().minus(x).square().sum())
            .with("recall", (two, x) -> two.memory().minus(x).square().sum());
    MetaOptimizer optimizer = SmallModel.optimizer(0, List.of(w, memory));
    var training = Training.eager(optimizer, objectives);
    Two start = new Two(Tensor.of(4.0, 4), Tensor.of(9.0, 9));
    var now = training.start(SmallModel.KEY, start, Tensor.of(1.0, 2));
    now = training.step(now, Tensor.of(0.0, 2)).next();
    List<MetaPath> paths = training.paths(now, List.of(Tensor.of(1.0, 1)));
    MetaPath rate = named(paths, "step.memory", "rate of memory at step 2");
    TALLY.equal(Mark.SEVERED, rate.mark());
    TALLY.one(rate.why().contains("does not depend"), rate.why());
    TALLY.equal(Mark.OPEN, named(paths, "step.w", "rate of w at step 2").mark());
  }

  @Test
  void levelsThatDoNotWriteAreWaiting() {
    List<Level> levels = List.of(levels().get(0), levels().get(1).every(10));
    List<MetaPath> waiting = marked(paths(SmallModel.optimizer(0, levels)), Mark.WAITING);
    TALLY.equal(8, waiting.size());
    for (MetaPath path : waiting) {
      TALLY.equal("it writes every 10 steps, next at step 10", path.why());
      TALLY.one(path.through().endsWith(" of out"), path.through());
    }
  }

  @Test
  void everyWriteOfALongerWindowHasItsPathAndWhatIsBeforeIsTruncated() {
    List<MetaPath> one = paths(SmallModel.optimizer(0, levels()));
    List<MetaPath> three = paths(SmallModel.optimizer(0, levels()).ahead(3));
    TALLY.equal(3 * marked(one, Mark.OPEN).size(), marked(three, Mark.OPEN).size());
    List<String> steps =
        three.stream()
            .filter(path -> path.parameter().equals("step.out"))
            .map(MetaPath::through)
            .toList();
    TALLY.equal(
        List.of("rate of out at step 7", "rate of out at step 8", "rate of out at step 9"), steps);
    for (List<MetaPath> paths : List.of(one, three)) {
      List<MetaPath> cut = marked(paths, Mark.TRUNCATED);
      TALLY.equal(
          List.of(
              "context flow",
              "gradients of layer",
              "gradients of out",
              "memory of layer",
              "memory of out",
              "parameters of layer",
              "parameters of out"),
          cut.stream().map(MetaPath::through).sorted(Comparator.naturalOrder()).toList());
      String before = paths == one ? "3" : "7";
      TALLY.one(
          cut.stream().allMatch(p -> p.parameter().equals("all, by writes before step " + before)),
          cut.toString());
    }
  }

  @Test
  void activeClipsAreNamed() {
    for (double limit : new double[] {1e-3, 1e6}) {
      Optimizer clipped = Clipped.byValue(Momentum.withRate(1), limit);
      List<Level> levels = List.of(levels().get(0), levels().get(1).by(clipped));
      List<MetaPath> paths = paths(SmallModel.optimizer(0, levels).ahead(2));
      boolean isActive = limit < 1;
      String first = named(paths, "step.layer", "rate of layer at step 5").why();
      TALLY.equal(isActive ? "the clip of out at step 6 is active" : "", first);
      TALLY.equal("", named(paths, "step.layer", "rate of layer at step 6").why());
      TALLY.equal(
          isActive,
          marked(paths, Mark.TRUNCATED).stream()
              .anyMatch(path -> path.through().equals("gradients of out, past an active clip")));
    }
  }

  /// The strength at the cut is the norm of the gradient for what enters: that of the parameters in
  /// a window of one step is the shared loss's gradient after the writes, over 2 √(L' + L̄).
  @Test
  void theStrengthAtTheCutIsTheGradientThere() {
    MetaOptimizer optimizer = SmallModel.optimizer(0, levels());
    State<SmallModel> now = after(optimizer, 2);
    var step = SmallModel.step(optimizer, now, SmallModel.loss(3));
    Tensor gradient = step.next().gradient().out();
    double running = Math.exp(step.next().flow().fast().get(0).get(0).item());
    double wanted = Tree.norm(gradient).item() / 2 / Math.sqrt(step.metaLoss() + running);
    MetaPath cut =
        named(paths(optimizer, now), "all, by writes before step 3", "parameters of out");
    TALLY.one(Math.abs(wanted - cut.strength()) < 1e-12 * wanted, wanted + " is not " + cut);
  }

  @Test
  void nothingIsConsumed() {
    MetaOptimizer optimizer = SmallModel.optimizer(1, levels());
    var training = Training.compiled(optimizer, OBJECTIVES);
    var now = training.start(SmallModel.KEY, SmallModel.create(), SmallModel.sample(0));
    now = training.step(now, SmallModel.sample(1)).next();
    training.paths(now, List.of(SmallModel.sample(2)));
    TALLY.finite(training.step(now, SmallModel.sample(2)).next());
  }
}
