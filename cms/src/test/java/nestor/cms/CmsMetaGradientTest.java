package nestor.cms;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static nestor.cms.Streams.WIDTH;
import static nestor.cms.Streams.chain;
import static nestor.cms.Streams.headWise;
import static nestor.cms.Streams.levels;
import static nestor.cms.Streams.read;
import static nestor.cms.Streams.tokens;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Keep;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.autodiff.nn.Linear;
import nestor.autodiff.nn.Losses;
import nestor.laws.Tally;
import nestor.meta.Adam;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A loss of the outputs of an [OnlineCms] is differentiated through its writes.
class CmsMetaGradientTest {
  private static final Tally TALLY = new Tally("gradients through online writes");
  private static final DType F64 = DType.FLOAT64;
  private static final GradientCheck CHECK = new GradientCheck(1e-4, 1e-6);
  private static final Tensor X = tokens("x", F64, 2, 9);
  private static final Tensor TARGET = tokens("target", F64, 2, 9);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor loss(OnlineCms online) {
    return read(online, X, TARGET).value().minus(TARGET).tanh().square().mean();
  }

  /// The outputs and the last weights.
  private static Object all(OnlineCms online) {
    var out = read(online, X, TARGET);
    return List.of(out.value(), online.current(out.state()));
  }

  /// θ₀ of all levels and the rates, through nine, three and two writes.
  @Test
  void gradientsAreThoseOfFiniteDifferences() {
    for (int[] periods : new int[][] {{1, 3, 4}, {2, 4}}) {
      Cms chain = chain(F64, periods.length);
      for (Cms cms : List.of(chain, headWise(F64, periods.length))) {
        var online = OnlineCms.of(cms, levels(periods));
        TALLY.derivatives(CHECK, CmsMetaGradientTest::all, online, 2);
        TALLY.derivatives(CHECK, (OnlineCms o) -> loss(o.resetting()), online, 1);
        TALLY.derivatives(CHECK, (Tensor x) -> read(online, x, TARGET).value(), X, 1);
        TALLY.derivatives(CHECK, (Tensor t) -> read(online, X, t).value(), TARGET, 1);
      }
    }
  }

  @Test
  void optimizersWithStateAreDifferentiatedThrough() {
    for (int[] periods : new int[][] {{1, 3}, {2, 4}}) {
      var at = new Learner(chain(F64, 2), Tensor.scalar(0.03), Tensor.scalar(0.8));
      TALLY.derivatives(
          new GradientCheck(1e-4, 1e-5), (Learner l) -> all(l.online(periods)), at, 2);
      TALLY.derivatives(CHECK, (Learner l) -> loss(l.online(periods).resetting()), at, 1);
    }
  }

  /// Written by Adam with an epsilon that keeps it smooth.
  private record Learner(Cms initial, Tensor rate, Tensor beta) {
    OnlineCms online(int... periods) {
      Adam adam = new Adam(rate, beta, beta, Tensor.scalar(0.1), Tensor.scalar(0.01));
      var levels = Arrays.stream(periods).mapToObj(p -> OnlineLevel.every(p, adam)).toList();
      return OnlineCms.of(initial, levels);
    }
  }

  @Test
  void everyParameterIsReached() {
    Cms blocks = Tree.map(Cms.init(Streams.KEY, F64, WIDTH, 2), p -> p.plus(0.1));
    for (Cms cms : List.of(headWise(F64, 2), blocks)) {
      for (var online : List.of(OnlineCms.of(cms, levels(1, 3)), OnlineCms.of(cms, levels(2, 4)))) {
        for (var form : List.of(online, online.resetting())) {
          OnlineCms g = grad(CmsMetaGradientTest::loss, form);
          Tree.toMap(g)
              .forEach((path, leaf) ->
                  TALLY.one(Tree.norm(leaf).item() > 1e-9, path + " is not reached"));
        }
      }
    }
  }

  private static OnlineCms with(OnlineCms online, OnlineLevel... levels) {
    return new OnlineCms(online.initial(), List.of(levels), online.inner(), online.keep());
  }

  /// The gradient with stopped writes is that of the outputs with the weights of each token held
  /// fixed but for where they started.
  @Test
  void stoppedWritesAreConstants() {
    var through = OnlineCms.of(chain(F64, 2), levels(1, 3));
    List<OnlineLevel> levels = through.levels();
    for (var form : List.of(through, through.resetting())) {
      var stopped = with(form, levels.get(0).stopped(), levels.get(1).stopped());
      TALLY.sameBits(read(form, X, TARGET), read(stopped, X, TARGET));
      OnlineCms g = vjp(CmsMetaGradientTest::loss, stopped).pullback().apply(Tensor.scalar(1.0));
      TALLY.sameBits(Tree.map(g.levels(), Tensor::zerosLike), g.levels());
      Cms expected = Tree.map(through.initial(), Tensor::zerosLike);
      var state = form.start(2);
      for (int t = 0; t < 9; t++) {
        Tensor x = X.slice(1, t, t + 1);
        Tensor target = TARGET.slice(1, t, t + 1);
        for (int sample = 0; sample < 2; sample++) {
          int i = sample;
          Cms weights = Tree.map(form.current(state), leaf -> leaf.get(i));
          Cms part =
              grad(
                  (Cms c) -> c.apply(x.get(i)).minus(target.get(i)).tanh().square().sum(), weights);
          expected = Tree.zip(expected, part, (sum, p) -> sum.plus(p.div(X.shape().size())));
        }
        state = form.apply(x, target, state).state();
      }
      TALLY.near(1e-13, expected, g.initial());
      Cms exact = grad(CmsMetaGradientTest::loss, form).initial();
      Tree.zip(
          exact,
          g.initial(),
          (a, b) -> {
            TALLY.one(Tree.norm(a.minus(b)).item() > 1e-4, "the writes make no difference");
            return a;
          });
    }
  }

  @Test
  void writesAreStoppedLevelByLevel() {
    var online = OnlineCms.of(chain(F64, 2), levels(1, 3));
    List<OnlineLevel> both = online.levels();
    for (var form : List.of(online, online.resetting())) {
      var inner = with(form, both.get(0).stopped(), both.get(1));
      OnlineCms g = vjp(CmsMetaGradientTest::loss, inner).pullback().apply(Tensor.scalar(1.0));
      TALLY.sameBits(Tree.map(both.get(0), Tensor::zerosLike), g.levels().get(0).stopped());
      TALLY.one(Tree.norm(g.levels().get(1)).item() > 1e-6, "the outer rate is not reached");
      var outer = with(form, both.get(0), both.get(1).stopped());
      g = vjp(CmsMetaGradientTest::loss, outer).pullback().apply(Tensor.scalar(1.0));
      TALLY.one(Tree.norm(g.levels().get(0)).item() > 1e-6, "the inner rate is not reached");
      TALLY.one(Tree.norm(g.levels().get(1)).item() == 0, "the outer rate is reached");
      var e = assertThrows(TensorException.class, () -> grad(CmsMetaGradientTest::loss, inner));
      TALLY.one(e.getMessage().contains("'levels.0.writer.by.rate'"), e.getMessage());
    }
  }

  @Test
  void compiledGradientsHaveTheSameBits() {
    for (int[] periods : new int[][] {{1, 3}, {2, 4}}) {
      for (Cms cms : List.of(chain(F64, 2), headWise(F64, 2))) {
        var online = OnlineCms.of(cms, levels(periods));
        for (var form : List.of(online, online.resetting())) {
          OnlineCms g = grad(CmsMetaGradientTest::loss, form);
          OnlineCms fast = compile((OnlineCms o) -> grad(CmsMetaGradientTest::loss, o)).apply(form);
          TALLY.sameBits(g, fast);
          TALLY.sameBits(g, grad(CmsMetaGradientTest::loss, form.keeping(Keep.SQRT)));
        }
      }
    }
  }

  private record Classifier(OnlineCms memory, Linear head) {}

  /// The levels learn by the loss of a head that is not theirs, for labels.
  @Test
  void objectivesMayCaptureWhatIsLearnedOutside() {
    Tensor labels = Tensor.of(1, 0, 2, 1, 1, 0, 2, 2, 0, 1).reshape(2, 5);
    Tensor x = X.slice(1, 0, 5);
    Classifier at =
        new Classifier(
            OnlineCms.of(chain(F64, 2), levels(1, 2)), Linear.init(Streams.KEY, F64, WIDTH, 3));
    TALLY.derivatives(CHECK, (Classifier c) -> error(c, x, labels), at, 1);
    Linear g = grad((Classifier c) -> error(c, x, labels), at).head();
    var constant = new Classifier(OnlineCms.of(at.memory.initial(), levels(0, 0)), at.head);
    TALLY.otherBits(grad((Classifier c) -> error(c, x, labels), constant).head(), g);
  }

  private static Tensor error(Classifier c, Tensor x, Tensor labels) {
    var out =
        c.memory.apply(
            x,
            labels,
            c.memory.start(2),
            (y, label) -> Losses.crossEntropy(c.head.apply(y).expandDims(0), label.reshape(1)));
    Tensor logits = c.head.apply(out.value());
    return Losses.crossEntropy(logits.reshape(10, 3), labels.reshape(10));
  }

  private record Task(OnlineCms online, OnlineCms.State state, Tensor x, Tensor target) {
    Object after() {
      var out = online.apply(x, target, state);
      Tensor slope = grad((Tensor t) -> online.apply(t, target, state).value().square().sum(), x);
      return List.of(out.value(), online.current(out.state()), slope);
    }
  }

  /// Two systems with their own weights, rates, positions and gradients, mapped over at once.
  @Test
  void systemsMayBeMappedOver() {
    for (int[] periods : new int[][] {{1, 3}, {2, 4}}) {
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int task = i;
        Key key = Streams.KEY.fold(task);
        OnlineCms online =
            Tree.map(OnlineCms.of(headWise(F64, 2), levels(periods)), p -> p.times(1 - 0.3 * task));
        var before = read(online, X.slice(1, 0, task + 3), TARGET.slice(1, 0, task + 3));
        tasks.add(
            new Task(
                online,
                before.state(),
                key.normal(F64, 1, 6, WIDTH).broadcastTo(2, 6, WIDTH),
                key.fold(1).normal(F64, 2, 6, WIDTH)));
      }
      Task both = Tree.zip(tasks.get(0), tasks.get(1), (a, b) -> Tensor.stack(0, List.of(a, b)));
      Object mapped = vmap(Task::after, both);
      for (int i = 0; i < 2; i++) {
        int task = i;
        TALLY.near(1e-13, tasks.get(i).after(), Tree.map(mapped, leaf -> leaf.get(task)));
      }
    }
  }
}
