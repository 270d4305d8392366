package nestor.cms;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.cms.Streams.KEY;
import static nestor.cms.Streams.WIDTH;
import static nestor.cms.Streams.chain;
import static nestor.cms.Streams.levels;
import static nestor.cms.Streams.read;
import static nestor.cms.Streams.tokens;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import nestor.meta.Adam;
import nestor.meta.Optimizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [Writer]s write once in a while, after periods that are given or learned.
class WriterTest {
  private static final Tally TALLY = new Tally("writers and learned periods");
  private static final DType F64 = DType.FLOAT64;
  private static final GradientCheck CHECK = new GradientCheck(1e-4, 1e-6);

  /// Below it, the gates of whole periods are 0 or 1.
  private static final double HARD = 5e-4;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static List<ResidualMlp> gradients(DType dtype, int count) {
    List<ResidualMlp> gradients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      gradients.add(ResidualMlp.init(KEY.fold("gradient").fold(i), dtype, WIDTH, 4));
    }
    return gradients;
  }

  private static Adam adam() {
    return Adam.withRate(0.1).withWeightDecay(0.01);
  }

  @Test
  void periodsCollectGradientsForAnyOptimizer() {
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      ResidualMlp params = ResidualMlp.init(KEY, dtype, WIDTH, 4);
      for (int period : new int[] {1, 3, 4}) {
        Writer writer = new Writer.Every(period, adam());
        var step = compile((Optimizer.State<ResidualMlp> s, ResidualMlp g) -> writer.next(s, g));
        Optimizer.State<ResidualMlp> eager = writer.start(params);
        Optimizer.State<ResidualMlp> compiled = eager;
        var plain = adam().start(params);
        ResidualMlp sum = Tree.map(params, Tensor::zerosLike);
        int t = 0;
        for (ResidualMlp g : gradients(dtype, 10)) {
          eager = writer.next(eager, g);
          compiled = step.apply(compiled, g);
          sum = Tree.zip(sum, g, Tensor::plus);
          if (++t % period == 0) {
            plain = adam().next(plain, sum);
            sum = Tree.map(params, Tensor::zerosLike);
          }
          TALLY.sameBits(plain.params(), eager.params());
          TALLY.sameBits(eager, compiled);
        }
      }
    }
  }

  @Test
  void neverIsNever() {
    ResidualMlp params = ResidualMlp.init(KEY, F64, WIDTH, 4);
    Writer writer = new Writer.Never();
    TALLY.sameBits(params, writer.next(writer.start(params), params).params());
    TALLY.fails(() -> new Writer.Every(0, adam()), "at least 1", "Writer.Never");
  }

  // ---------------------------------------------------------------- learned periods

  @Test
  void coldLearnedPeriodsAreWholeOnes() {
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      ResidualMlp params = ResidualMlp.init(KEY, dtype, WIDTH, 4);
      for (int period : new int[] {2, 3, 7}) {
        for (double part : new double[] {0, 0.02}) { // 0.02 · 10 writes is less than half a step
          Writer hard = new Writer.Every(period, adam());
          Writer soft = Writer.Learned.from(period + part, part == 0 ? HARD : 1e-4, adam());
          Optimizer.State<ResidualMlp> a = hard.start(params);
          Optimizer.State<ResidualMlp> b = soft.start(params);
          for (ResidualMlp g : gradients(dtype, 20)) {
            a = hard.next(a, g);
            b = soft.next(b, g);
            TALLY.sameBits(a.params(), b.params());
          }
        }
      }
    }
  }

  @Test
  void coldLearnedPeriodsThatAreNotWholeKeepTheirMean() {
    Writer writer = Writer.Learned.from(2.6, 1e-4, GradientDescent.withRate(1));
    Optimizer.State<Tensor> now = writer.start(Tensor.of(0.0));
    List<Integer> writes = new ArrayList<>();
    for (int t = 1; t <= 20; t++) {
      var next = writer.next(now, Tensor.of(-1.0));
      if (next.params().item() != now.params().item()) {
        writes.add(t);
      }
      now = next;
    }
    TALLY.equal(List.of(3, 5, 8, 10, 13, 16, 18), writes); // round(2.6 n)
  }

  /// An optimizer that goes one step down whatever the gradient: it counts the writes.
  private record Counting() implements Optimizer {
    @Override
    public <T> GradientDescent.State<T> start(T params) {
      return new GradientDescent.State<>(params);
    }

    @Override
    public <T> GradientDescent.State<T> next(State<T> now, T gradient) {
      return new GradientDescent.State<>(Tree.map(now.params(), p -> p.plus(1)));
    }
  }

  /// After t gradients there are t / p writes at any temperature, but for those at the two ends.
  @Test
  void everyTemperatureHasAsManyWrites() {
    for (double period : new double[] {1.001, 2, 3.3, 8}) {
      for (double warmth : new double[] {0.02, 0.3, 1, 2}) {
        Writer writer = Writer.Learned.from(period, warmth * period, new Counting());
        Optimizer.State<Tensor> now = writer.start(Tensor.of(0.0));
        double middle = 0;
        for (int t = 1; t <= 200; t++) {
          now = writer.next(now, Tensor.of(0.0));
          middle = t == 100 ? now.params().item() : middle;
        }
        double writes = now.params().item() - middle;
        TALLY.one(Math.abs(writes - 100 / period) <= 1, period + ": " + writes);
        if (warmth >= 1) {
          TALLY.one(Math.abs(writes - 100 / period) < 1e-3, period + ": " + writes);
        }
      }
    }
  }

  /// What gradient descent collects is written once, only later: nothing is lost.
  @Test
  void softWritesLoseNoGradient() {
    Writer writer = Writer.Learned.from(4.5, 3, GradientDescent.withRate(0.5));
    Written<Tensor> now = (Written<Tensor>) writer.start(Tensor.of(2.0));
    double total = 0;
    for (int t = 1; t <= 30; t++) {
      total += Math.sin(t);
      now = (Written<Tensor>) writer.next(now, Tensor.of(Math.sin(t)));
      double all = now.params().item() - 0.5 * now.sum().item();
      TALLY.near(1e-14, Tensor.scalar(2 - 0.5 * total), Tensor.scalar(all));
    }
  }

  private static OnlineCms learned(Cms cms, Tensor logPause, Tensor temperature) {
    var level = OnlineLevel.learned(logPause, temperature, GradientDescent.withRate(0.02));
    return OnlineCms.of(cms, List.of(levels(1).getFirst(), level));
  }

  private record Period(Tensor logPause, Tensor temperature, Cms initial) {}

  @Test
  void periodsHaveTheDerivativesOfFiniteDifferences() {
    Tensor x = tokens("x", F64, 2, 11);
    Tensor target = tokens("target", F64, 2, 11);
    for (double temperature : new double[] {0.4, 1, 4}) {
      var at = new Period(Tensor.scalar(Math.log(2.3)), Tensor.scalar(temperature), chain(F64, 2));
      TALLY.derivatives(
          CHECK,
          (Period p) -> read(learned(p.initial, p.logPause, p.temperature), x, target).value(),
          at,
          2);
      Tensor g =
          grad(
              (Tensor logPause) -> {
                var online = learned(at.initial, logPause, at.temperature);
                return read(online, x, target).value().minus(target).square().mean();
              },
              at.logPause);
      TALLY.one(Math.abs(g.item()) > 1e-5, "no gradient for the period: " + g);
    }
  }

  @Test
  void learnedPeriodsRunOnlineCompiledInPiecesAndNested() {
    Tensor x = tokens("x", F64, 2, 16);
    Tensor target = tokens("target", F64, 2, 16);
    var whole = OnlineCms.of(chain(F64, 2), levels(1, 3));
    var by = ((Writer.Every) whole.levels().get(1).writer()).by();
    for (double temperature : new double[] {HARD, 1}) {
      var level = OnlineLevel.learned(Tensor.scalar(Math.log(2)), Tensor.scalar(temperature), by);
      var online = OnlineCms.of(whole.initial(), List.of(whole.levels().get(0), level));
      var out = read(online, x, target);
      if (temperature == HARD) {
        TALLY.sameBits(read(whole, x, target).value(), out.value());
      } else {
        TALLY.otherBits(read(whole, x, target).value(), out.value());
      }
      TALLY.sameBits(out, compile((OnlineCms o) -> read(o, x, target)).apply(online));
      var first = online.apply(x.slice(1, 0, 5), target.slice(1, 0, 5), online.start(2));
      var second = online.apply(x.slice(1, 5, 16), target.slice(1, 5, 16), first.state());
      TALLY.sameBits(out.value().slice(1, 5, 16), second.value());
      TALLY.sameBits(out.state(), second.state());
      var inner = List.of(level, OnlineLevel.every(6, by));
      TALLY.finite(read(OnlineCms.of(whole.initial(), inner).resetting(), x, target));
      TALLY.fails(online::resetting, "level 1", "learned period");
    }
    var soft = OnlineLevel.learned(Tensor.scalar(0.0), Tensor.scalar(1.0), by);
    var softer = OnlineLevel.learned(Tensor.scalar(1.0), Tensor.scalar(2.0), by);
    var nested = OnlineCms.of(whole.initial(), List.of(soft, softer)).resetting();
    TALLY.derivatives(CHECK, (OnlineCms o) -> read(o, x, target).value(), nested, 1);
  }

  @Test
  void schedulesAreGeometricAndEndRounded() {
    Tensor half = Writer.Learned.annealed(8, 0.02, Tensor.scalar(0.5));
    TALLY.near(1e-14, Tensor.scalar(0.4), half);
    TALLY.near(1e-14, Tensor.scalar(0.02), Writer.Learned.annealed(8, 0.02, Tensor.scalar(3.0)));
    TALLY.near(1e-14, Tensor.scalar(3.7), Writer.Learned.from(3.7, 1, adam()).period());
    TALLY.equal(4, Writer.Learned.from(3.7, 1, adam()).rounded().period());
    TALLY.equal(1, Writer.Learned.from(1.2, 1, adam()).rounded().period());
    var colder = Writer.Learned.from(3.7, 1, adam()).at(Tensor.scalar(0.5));
    TALLY.sameBits(Tensor.scalar(0.5), colder.temperature());
  }

  /// The bias of a token.
  private record Bias(Tensor bias) implements Block {
    @Override
    public Tensor apply(Tensor x) {
      return x.plus(bias);
    }
  }

  /// A world that goes up a step every P tokens, and a memory that goes up a step at every write:
  /// gradient descent through the writes finds P, from above and from below.
  @Test
  void periodsAreLearned() {
    int time = 60;
    for (int right : new int[] {3, 5}) {
      double[] world = new double[time];
      for (int t = 0; t < time; t++) {
        world[t] = Math.floorDiv(t, right);
      }
      Tensor truth = Tensor.of(world).reshape(1, time, 1);
      var memory = Cms.Sequential.of(new Bias(Tensor.zeros(F64, 1)));
      var slope =
          compile((Tensor logPause, Tensor temperature) ->
              valueAndGrad(
                  l -> {
                    var level = OnlineLevel.learned(l, temperature, new Counting());
                    var online = OnlineCms.of(memory, List.of(level));
                    var out = read(online, truth.zerosLike(), truth);
                    return out.value().minus(truth).square().mean();
                  },
                  logPause));
      for (double first : new double[] {1.7, 9}) {
        Adam adam = Adam.withRate(0.05);
        var now = adam.start(Tensor.scalar(Math.log(first - 1)));
        for (int step = 0; step < 150; step++) {
          Tensor progress = Tensor.scalar(step / 150.0);
          Tensor temperature = Writer.Learned.annealed(first, 0.05, progress);
          now = adam.next(now, slope.apply(now.params(), temperature).gradient());
        }
        var found = new Writer.Learned(now.params(), Tensor.scalar(0.05), new Counting());
        TALLY.equal(right, found.rounded().period());
        TALLY.near(0.03, Tensor.scalar((double) right), found.period());
      }
    }
  }
}
