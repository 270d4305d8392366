package nestor.cms;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static nestor.cms.Streams.WIDTH;
import static nestor.cms.Streams.chain;
import static nestor.cms.Streams.headWise;
import static nestor.cms.Streams.levels;
import static nestor.cms.Streams.tokens;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import nestor.meta.Adam;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The slow levels of a [NestedCms] differentiate through the writes of the fast ones.
class NestedCmsTest {
  private static final Tally TALLY = new Tally("nested levels");
  private static final DType F64 = DType.FLOAT64;
  private static final GradientCheck CHECK = new GradientCheck(1e-4, 1e-6);
  private static final int[][] PERIODS = {{1}, {3}, {1, 2}, {2, 4}, {1, 3, 6}, {4, 1, 2}, {0, 3}};

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static NestedCms.Out read(NestedCms nested, Tensor x, Tensor target) {
    return nested.apply(x, target, nested.start(x, target));
  }

  private static NestedCms.Out compiled(NestedCms nested, Tensor x, Tensor target) {
    return compile((Tensor a, Tensor b) -> read(nested, a, b)).apply(x, target);
  }

  /// One sample, in Java loops: the objective over the chunk of a level as a function of its
  /// weights, differentiated as a whole.
  private static final class Naive {
    final Cms cms;
    final List<Integer> order;
    final int[] periods;
    final InnerLevels inner;
    final Tensor x;
    final Tensor target;
    final Tensor[] outputs;

    Naive(Cms cms, int[] periods, InnerLevels inner, Tensor x, Tensor target) {
      this.cms = cms;
      this.periods = periods;
      this.inner = inner;
      this.x = x;
      this.target = target;
      outputs = new Tensor[x.shape().dim(0)];
      order = new ArrayList<>();
      for (int i = 0; i < periods.length; i++) {
        if (periods[i] > 0) {
          order.add(i);
        }
      }
      order.sort((a, b) -> Integer.compare(periods[a], periods[b]));
    }

    /// What a level holds: for KEPT only the last counts.
    private record Held(List<Block> blocks) {}

    List<Block> run() {
      List<Held> now = new ArrayList<>();
      for (int l = 0; l < order.size(); l++) {
        now.add(new Held(order.subList(0, l + 1).stream().map(i -> cms.blocks().get(i)).toList()));
      }
      int top = order.size() - 1;
      int size = periods[order.get(top)];
      for (int t = 0; t < x.shape().dim(0); t += size) {
        chunk(top, now, t);
      }
      List<Block> blocks = new ArrayList<>(cms.blocks());
      for (int l = 0; l <= top; l++) {
        blocks.set(order.get(l), now.get(l).blocks.getLast());
      }
      return blocks;
    }

    /// Runs a chunk that begins at t, and replaces what the levels hold; gives the sum of losses.
    private Tensor chunk(int level, List<Held> now, int t) {
      int size = periods[order.get(level)];
      Held own = now.get(level);
      List<Held> after = new ArrayList<>(now);
      var pulled =
          vjp(
              (Held weights) -> {
                List<Held> inside = new ArrayList<>(now);
                inside.set(level, weights);
                return inside(level, inside, t);
              },
              own);
      List<Held> inside = new ArrayList<>(now);
      Tensor total = inside(level, inside, t); // once more, for the states
      for (int j = 0; j < level; j++) {
        after.set(j, inside.get(j));
      }
      if (t + size <= outputs.length) {
        Held g = pulled.pullback().apply(Tensor.scalar(1.0));
        double rate = Streams.rate(order.get(level));
        Held written = Tree.zip(own, g, (p, d) -> p.minus(d.times(rate)));
        if (inner == InnerLevels.KEPT) {
          List<Block> blocks = new ArrayList<>(own.blocks);
          blocks.set(level, written.blocks.getLast());
          written = new Held(blocks);
        } else {
          for (int j = 0; j < level; j++) {
            after.set(j, new Held(written.blocks.subList(0, j + 1)));
          }
        }
        after.set(level, written);
      }
      for (int j = 0; j <= level; j++) {
        now.set(j, after.get(j));
      }
      return total;
    }

    private Tensor inside(int level, List<Held> now, int t) {
      int size = periods[order.get(level)];
      Tensor sum = Tensor.scalar(0.0);
      if (level == 0) {
        for (int i = t; i < Math.min(t + size, outputs.length); i++) {
          List<Block> blocks = new ArrayList<>(cms.blocks());
          for (int l = 0; l < order.size(); l++) {
            blocks.set(order.get(l), now.get(l).blocks.getLast());
          }
          outputs[i] = cms.with(blocks).apply(x.get(i));
          sum = sum.plus(outputs[i].minus(target.get(i)).square().sum().times(0.5));
        }
        return sum;
      }
      if (inner == InnerLevels.RESET) {
        for (int j = 0; j < level; j++) {
          now.set(j, new Held(now.get(level).blocks.subList(0, j + 1)));
        }
      }
      int step = periods[order.get(level - 1)];
      for (int i = t; i < Math.min(t + size, outputs.length); i += step) {
        sum = sum.plus(chunk(level - 1, now, i));
      }
      return sum;
    }
  }

  private static List<NestedCms> forms(Cms cms, int... periods) {
    NestedCms kept = NestedCms.of(cms, levels(periods));
    return List.of(kept, kept.resetting());
  }

  @Test
  void systemsEqualTheNaiveRecursion() {
    for (int[] periods : PERIODS) {
      for (Cms cms : List.of(chain(F64, periods.length), headWise(F64, periods.length))) {
        for (int time : new int[] {1, 8}) {
          Tensor x = tokens("x", F64, 2, time);
          Tensor target = tokens("target", F64, 2, time);
          for (NestedCms form : forms(cms, periods)) {
            var out = read(form, x, target);
            for (int sample = 0; sample < 2; sample++) {
              int i = sample;
              var naive = new Naive(cms, periods, form.inner(), x.get(i), target.get(i));
              List<Block> last = naive.run();
              TALLY.near(1e-13, Tensor.stack(0, List.of(naive.outputs)), out.value().get(i));
              for (int l = 0; l < periods.length; l++) {
                Block block = out.current().blocks().get(l);
                TALLY.near(
                    1e-13,
                    last.get(l),
                    periods[l] > 0 ? Tree.map(block, leaf -> leaf.get(i)) : block);
              }
            }
          }
        }
      }
    }
  }

  /// What a slow level writes is the slope, by finite differences, of what the chunk costs when the
  /// fast level learns in it.
  @Test
  void slowLevelsDescendWhatTheChunkCosts() {
    Tensor x = tokens("x", F64, 1, 4);
    Tensor target = tokens("target", F64, 1, 4);
    Cms cms = chain(F64, 2);
    NestedCms online = NestedCms.of(cms, levels(1, 4));
    Block after = read(online, x, target).current().blocks().get(1);
    Block slow = cms.blocks().get(1);
    Block direction = Streams.blocks(F64, 3).get(2);
    double written = 0;
    List<Tensor> moves = Tree.leaves(Tree.zip(slow, after, (a, b) -> a.minus(b.get(0))));
    for (int i = 0; i < moves.size(); i++) {
      written += moves.get(i).dot(Tree.leaves(direction).get(i)).item() / Streams.rate(1);
    }
    double h = 1e-4;
    double slope = (cost(online, direction, h) - cost(online, direction, -h)) / (2 * h);
    TALLY.near(1e-7, Tensor.scalar(slope), Tensor.scalar(written));
  }

  private static double cost(NestedCms online, Block direction, double distance) {
    Tensor x = tokens("x", F64, 1, 4);
    Tensor target = tokens("target", F64, 1, 4);
    List<Block> blocks = new ArrayList<>(online.initial().blocks());
    blocks.set(1, Tree.zip(blocks.get(1), direction, (p, v) -> p.plus(v.times(distance))));
    var moved = NestedCms.of(new Cms.Sequential(blocks), online.levels());
    return read(moved, x, target).value().minus(target).square().sum().times(0.5).item();
  }

  /// With one level, or where no gradient goes through writes, levels descend at their current
  /// weights.
  @Test
  void stoppedLevelsAndSingleOnesAreThoseOfOnlineCms() {
    Tensor x = tokens("x", F64, 2, 13);
    Tensor target = tokens("target", F64, 2, 13);
    for (int[] periods : new int[][] {{1}, {4}, {1, 2, 4}, {2, 6}}) {
      var stopped = levels(periods).stream().map(OnlineLevel::stopped).toList();
      Cms cms = chain(F64, periods.length);
      Tensor direct = Streams.read(OnlineCms.of(cms, levels(periods)), x, target).value();
      TALLY.near(1e-13, direct, read(NestedCms.of(cms, stopped), x, target).value());
      Tensor through = read(NestedCms.of(cms, levels(periods)), x, target).value();
      if (periods.length == 1) {
        TALLY.near(1e-13, direct, through);
      } else {
        TALLY.one(Tree.norm(direct.minus(through)).item() > 1e-6, "no path through writes");
      }
    }
  }

  @Test
  void stoppedWritesAreConstantsOutside() {
    Tensor x = tokens("x", F64, 2, 9);
    for (NestedCms form : forms(chain(F64, 2), 1, 2)) {
      List<OnlineLevel> levels = form.levels();
      var stopped =
          new NestedCms(
              form.initial(),
              List.of(levels.get(0).stopped(), levels.get(1)),
              form.inner(),
              form.keep());
      NestedCms g =
          vjp((NestedCms n) -> read(n, x, x.neg()).value().square().sum(), stopped)
              .pullback()
              .apply(Tensor.scalar(1.0));
      TALLY.one(Tree.norm(g.levels().get(0)).item() == 0, "the stopped rate is reached");
      TALLY.one(Tree.norm(g.levels().get(1)).item() > 1e-3, "the other rate is not reached");
      for (Block block : g.initial().blocks()) {
        TALLY.one(Tree.norm(block).item() > 1e-3, "the initial weights are not reached");
      }
    }
  }

  @Test
  void piecesOfAnyLengthAreOneSequence() {
    Tensor x = tokens("x", F64, 2, 20);
    Tensor target = tokens("target", F64, 2, 20);
    for (int[] periods : PERIODS) {
      for (NestedCms form : forms(chain(F64, periods.length), periods)) {
        var whole = read(form, x, target);
        for (int[] lengths : new int[][] {{6, 14}, {1, 19}}) {
          var state = form.start(x, target);
          List<Tensor> values = new ArrayList<>();
          Cms current = form.initial();
          int from = 0;
          for (int length : lengths) {
            Tensor piece = x.slice(1, from, from + length);
            var out = form.apply(piece, target.slice(1, from, from + length), state);
            values.add(out.value());
            state = out.state();
            current = out.current();
            from += length;
          }
          TALLY.near(1e-13, whole.value(), Tensor.concat(1, values));
          TALLY.near(1e-13, whole.current(), current);
          TALLY.near(1e-13, whole.state().levels(), state.levels());
          TALLY.near(1e-15, whole.state().pending(), state.pending());
        }
      }
    }
  }

  private record Piece(Tensor x, Tensor target) {}

  @Test
  void piecesMayBeTheStepsOfALoop() {
    Tensor x = tokens("x", F64, 2, 15);
    Tensor target = tokens("target", F64, 2, 15);
    for (NestedCms form : forms(chain(F64, 2), 1, 2)) {
      var run =
          scan(
              (NestedCms.State now, Piece piece) -> {
                var out = form.apply(piece.x, piece.target, now);
                return new Step<>(out.state(), out.value());
              },
              form.start(x, target),
              new Piece(
                  x.reshape(2, 5, 3, WIDTH).moveAxis(1, 0),
                  target.reshape(2, 5, 3, WIDTH).moveAxis(1, 0)));
      Tensor values = run.outputs().moveAxis(0, 1).reshape(2, 15, WIDTH);
      TALLY.near(1e-13, read(form, x, target).value(), values);
    }
  }

  @Test
  void compiledCallsAndGradientsHaveTheSameBits() {
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      Tensor x = tokens("x", dtype, 2, 7);
      Tensor target = tokens("target", dtype, 2, 7);
      for (int[] periods : new int[][] {{1, 2}, {2, 4}}) {
        for (NestedCms form : forms(chain(dtype, 2), periods)) {
          TALLY.sameBits(read(form, x, target), compiled(form, x, target));
          NestedCms g = grad((NestedCms n) -> loss(n, x, target), form);
          TALLY.sameBits(
              g,
              compile((NestedCms f) -> grad((NestedCms n) -> loss(n, x, target), f)).apply(form));
        }
      }
    }
  }

  private static Tensor loss(NestedCms nested, Tensor x, Tensor target) {
    return read(nested, x, target).value().minus(target).tanh().square().mean();
  }

  @Test
  void gradientsAreThoseOfFiniteDifferences() {
    Tensor x = tokens("x", F64, 1, 7);
    Tensor target = tokens("target", F64, 1, 7);
    for (int[] periods : new int[][] {{2, 4}, {1, 2, 4}}) {
      Cms chain = chain(F64, periods.length);
      for (Cms cms : periods.length == 3 ? List.of(chain) : List.of(chain, headWise(F64, 2))) {
        for (NestedCms form : forms(cms, periods)) {
          TALLY.derivatives(CHECK, (NestedCms n) -> loss(n, x, target), form, 1);
          Tree.toMap(grad((NestedCms n) -> loss(n, x, target), form))
              .forEach((path, leaf) ->
                  TALLY.one(Tree.norm(leaf).item() > 1e-9, path + " is not reached"));
        }
      }
    }
  }

  /// Also where a chunk has no token yet, whose gradient of exactly 0 Adam must not see.
  @Test
  void optimizersWithStateAreDifferentiatedThrough() {
    Tensor x = tokens("x", F64, 1, 9);
    Adam adam =
        new Adam(
            Tensor.scalar(0.03),
            Tensor.scalar(0.8),
            Tensor.scalar(0.9),
            Tensor.scalar(0.1),
            Tensor.scalar(0.01));
    var levels = List.of(OnlineLevel.every(1, adam), OnlineLevel.every(2, adam));
    for (var form :
        List.of(
            NestedCms.of(chain(F64, 2), levels), NestedCms.of(chain(F64, 2), levels).resetting())) {
      TALLY.derivatives(
          new GradientCheck(1e-4, 1e-5),
          (Cms cms) -> loss(new NestedCms(cms, levels, form.inner(), form.keep()), x, x.neg()),
          chain(F64, 2),
          2);
      TALLY.finite(grad((NestedCms n) -> loss(n, x, x.neg()), form));
    }
  }

  @Test
  void samplesDoNotMixAndOutputsDependOnThePastOnly() {
    Tensor x = tokens("x", F64, 3, 9);
    Tensor target = tokens("target", F64, 3, 9);
    for (NestedCms form : forms(chain(F64, 2), 2, 4)) {
      Tensor all = read(form, x, target).value();
      for (int i = 0; i < 3; i++) {
        TALLY.sameBits(
            all.slice(0, i, i + 1),
            read(form, x.slice(0, i, i + 1), target.slice(0, i, i + 1)).value());
      }
      for (int t : new int[] {0, 3, 5}) {
        int from = t;
        Tensor late = Tensor.arange(DType.INT64, 9).greaterEqual(Tensor.scalar(DType.INT64, from));
        Tensor mask = late.reshape(1, 9, 1);
        Tensor seen = read(form, mask.where(x.neg(), x), mask.where(target.neg(), target)).value();
        TALLY.sameBits(all.slice(1, 0, t), seen.slice(1, 0, t));
        TALLY.otherBits(all.slice(1, t, t + 1), seen.slice(1, t, t + 1));
      }
    }
  }

  private record Task(NestedCms nested, Tensor x, Tensor target) {
    Tensor loss() {
      return NestedCmsTest.loss(nested, x, target);
    }
  }

  @Test
  void systemsMayBeMappedOver() {
    for (NestedCms form : forms(chain(F64, 2), 1, 2)) {
      var tasks = new ArrayList<Task>();
      for (double scale : new double[] {1, 0.7}) {
        Tensor x = tokens("x", F64, 2, 5).times(scale);
        tasks.add(new Task(Tree.map(form, p -> p.times(scale)), x, x.neg()));
      }
      Task both = Tree.zip(tasks.get(0), tasks.get(1), (a, b) -> Tensor.stack(0, List.of(a, b)));
      Task slopes = vmap((Task t) -> grad(Task::loss, t), both);
      for (int i = 0; i < 2; i++) {
        int task = i;
        Task one = grad(Task::loss, tasks.get(i));
        TALLY.near(1e-13, one, Tree.map(slopes, leaf -> leaf.get(task)));
      }
    }
  }

  @Test
  void periodsMustDivideOneAnother() {
    TALLY.fails(() -> NestedCms.of(chain(F64, 2), levels(2, 3)), "2 does not divide 3");
    TALLY.fails(() -> NestedCms.of(chain(F64, 3), levels(1, 2)), "3 blocks", "2 levels");
    var learned =
        OnlineLevel.learned(Tensor.scalar(0.0), Tensor.scalar(1.0), GradientDescent.withRate(1));
    TALLY.fails(() -> NestedCms.of(chain(F64, 1), List.of(learned)), "learned in OnlineCms");
    var never = NestedCms.of(chain(F64, 2), levels(0, 0));
    Tensor x = tokens("x", F64, 2, 5);
    TALLY.sameBits(never.initial().apply(x), read(never, x, x).value());
  }
}
