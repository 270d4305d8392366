package nestor.laws;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import nestor.autodiff.Backend;
import nestor.autodiff.Compiled;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Sample;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Attention;
import nestor.autodiff.nn.Convolution;
import nestor.autodiff.nn.Losses;
import nestor.autodiff.nn.NewtonSchulz;
import nestor.autodiff.nn.Normalization;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A compiled function has the bits of the function: of every operator, of its derivatives, of
/// composites and of random programs; and what plans share, take over and refuse.
class CompileTest {
  private static final Tally TALLY = new Tally("compiled functions against themselves, to the bit");
  private static final Backend CPU = Backend.named("cpu");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Twice, since a plan uses its memory again.
  private static <T, R> void same(String what, Function<T, R> f, T at) {
    R eager = f.apply(at);
    Compiled<T, R> compiled = compile(f);
    try {
      TALLY.sameBits(eager, compiled.apply(at));
      TALLY.sameBits(eager, compiled.apply(at));
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(what + ": " + e.getMessage(), e);
    }
  }

  @Test
  void everyOperatorAndItsDerivativesOfTwoOrdersKeepTheirBits() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      for (Backend backend : List.of(CPU, Backend.named("reference"))) {
        for (Sample sample : Samples.of(11, dtype, backend)) {
          same("value of " + sample, sample::run, sample.inputs());
          List<Tensor> floats = Samples.floats(sample);
          if (sample.run().dtype().isFloat() && !floats.isEmpty()) {
            Function<List<Tensor>, Tensor> f = Samples.function(sample);
            Function<List<Tensor>, List<Tensor>> first =
                in -> vjp(f, in).pullback().apply(sample.run().onesLike());
            same("gradient of " + sample, first, floats);
            same(
                "second gradient of " + sample,
                in -> vjp(first, in).pullback().apply(floats),
                floats);
          }
        }
      }
    }
  }

  @Test
  void specialValuesKeepTheirBits() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      for (Sample sample : Samples.of(12, dtype, CPU)) {
        if (!Samples.floats(sample).isEmpty()) {
          for (int turn = 0; turn < Samples.SPECIAL.length; turn += 3) {
            Sample special = Samples.special(sample, turn).on(CPU);
            same("special values of " + special, special::run, special.inputs());
          }
        }
      }
    }
  }

  @Test
  void compositesAndTheirGradientsKeepTheirBits() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Key key = Key.of(3);
      Tensor x = key.fold(1).normal(dtype, 6, 17);
      Tensor w = key.fold(2).normal(dtype, 17);
      Tensor q = key.fold(3).normal(dtype, 2, 5, 8);
      gradient("layer norm", a -> Normalization.layerNorm(a, w, w.exp(), 1e-5).tanh(), x);
      gradient("softmax", a -> Normalization.softmax(a, -1).square(), x);
      gradient("softmax over rows", a -> Normalization.softmax(a, 0).square(), x);
      gradient("attention", a -> Attention.causal(a, a.sin(), a.tanh(), 0.3), q);
      gradient(
          "gated delta rule",
          a -> Attention.gatedDeltaRule(a, a.tanh(), a, a.mean(2).sigmoid(), a.max(2).sigmoid()),
          q);
      gradient(
          "convolution",
          a ->
              Convolution.conv2d(
                  a.reshape(1, 2, 5, 8), a.slice(2, 0, 3).slice(1, 0, 3).reshape(1, 2, 3, 3), 1, 1),
          q);
      gradient("cross entropy", a -> Losses.crossEntropy(a, Tensor.of(1L, 2L, 3L, 16L, 0L, 1L)), x);
      gradient("Newton-Schulz", a -> NewtonSchulz.quintic(a, 3, 1e-7), x);
      gradient("transposes", a -> a.transpose().reshape(6, 17).times(a).transpose().exp(), x);
      gradient("pieces", a -> Tensor.concat(1, List.of(a.slice(1, 3, 9), a.flip(1), a)), x);
      gradient(
          "per example",
          a -> vmap((Tensor row) -> grad((Tensor r) -> r.tanh().dot(w).square(), row), a),
          x);
    }
  }

  private static void gradient(String name, Function<Tensor, Tensor> f, Tensor at) {
    same(name, f, at);
    Function<Tensor, Tensor> loss = a -> f.apply(a).square().mean();
    same("gradient of " + name, a -> valueAndGrad(loss, a), at);
    same("second gradient of " + name, a -> grad((Tensor b) -> grad(loss, b).sin().sum(), a), at);
  }

  @Test
  void longSumsKeepTheirBits() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      for (int n : new int[] {8191, 8192, 8193, 5 * 8192, 100_000, 40 * 8192, 3 * 8192 + 16}) {
        Tensor x = Key.of(n).normal(dtype, n);
        same(
            "sums of " + n,
            a -> List.of(a.square().sum(), a.max(), a.minus(a.mean()).square().sum()),
            x);
      }
    }
  }

  /// Random programs over a few shapes that broadcast, with views, reductions, products and several
  /// results: memory that is used again must never be used too early.
  @Test
  void randomProgramsKeepTheirBits() {
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      DType dtype = seed % 3 == 0 ? DType.FLOAT64 : DType.FLOAT32;
      Key key = Key.of(seed);
      List<Tensor> in =
          List.of(
              key.fold(0).normal(dtype, 6, 8),
              key.fold(1).normal(dtype, 6, 8),
              key.fold(2).normal(dtype, 8),
              key.fold(3).normal(dtype, 6, 1),
              key.fold(4).normal(dtype));
      long program = random.nextLong();
      Function<List<Tensor>, List<Tensor>> f = given -> drawn(new Random(program), given);
      same("program " + seed, f, in);
      same(
          "gradient of program " + seed,
          given ->
              vjp((List<Tensor> at) -> sum(f.apply(at)), given)
                  .pullback()
                  .apply(in.getLast().onesLike()),
          in);
    }
  }

  private static Tensor sum(List<Tensor> all) {
    return all.stream().map(Tensor::sum).reduce(Tensor::plus).orElseThrow();
  }

  private static List<Tensor> drawn(Random random, List<Tensor> in) {
    List<Tensor> known = new ArrayList<>(in);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      Tensor a = known.get(random.nextInt(known.size()));
      Tensor b = known.get(random.nextInt(known.size()));
      boolean matrix = a.shape().equals(in.getFirst().shape());
      Tensor made =
          switch (random.nextInt(14)) {
            case 0 -> a.plus(b);
            case 1 -> a.times(b);
            case 2 -> a.minus(b).tanh();
            case 3 -> a.sigmoid();
            case 4 -> a.greater(b).where(a, b);
            case 5 -> matrix ? a.sumKeepDims(1) : a.exp().minimum(3);
            case 6 -> matrix ? a.sum(0) : a.square();
            case 7 -> matrix ? a.transpose().reshape(6, 8) : a.neg();
            case 8 -> matrix ? a.matmulTransposed(a).matmul(a).times(0.05) : a.sin();
            case 9 -> matrix ? a.matmul(a.transpose()).matmul(a.tanh()).times(0.1) : a.cos();
            case 10 -> matrix ? a.slice(1, 2, 3) : a.abs();
            case 11 -> matrix ? a.matmul(a.sum(0)).reshape(6, 1).times(0.1) : a.times(0.5);
            case 12 -> a.maximum(b).div(b.square().plus(1));
            default -> a.plus(b.mean());
          };
      known.add(made);
      if (random.nextInt(4) == 0) {
        results.add(made);
      }
    }
    results.add(known.getLast());
    return results;
  }

  /// A state as trainings have it.
  record State(Tensor weight, Tensor buffer, Tensor steps) {
    State next(Tensor x) {
      Tensor g = grad((Tensor w) -> x.matmul(w).tanh().square().mean(), weight);
      Tensor momentum = buffer.times(0.9).plus(g);
      return new State(weight.minus(momentum.times(0.1)), momentum, steps.plus(1));
    }
  }

  private static State start() {
    Tensor weight = Key.of(5).normal(DType.FLOAT32, 8, 4);
    return new State(weight, weight.zerosLike(), Tensor.zeros(DType.FLOAT32));
  }

  @Test
  void aDonatedStateIsTakenOverAndGivesTheSameBits() {
    var step = compile((State now, Tensor x) -> now.next(x));
    var donating = step.donating();
    State kept = start();
    State given = start();
    for (int i = 0; i < 50; i++) {
      Tensor x = Key.of(i).normal(DType.FLOAT32, 6, 8);
      kept = step.apply(kept, x);
      State before = given;
      given = donating.apply(given, x);
      TALLY.sameBits(kept, given);
      Tensor gone = before.weight();
      TALLY.fails(() -> gone.toDoubles(), "donated", "compiled at CompileTest.java");
    }
    TALLY.one(given.toString().contains("float32[8, 4]"), "the last state can be read");
  }

  @Test
  void whatIsSharedWithADonatedStateStaysWhole() {
    var step = compile((State now, Tensor x) -> now.next(x)).donating();
    Tensor x = Key.of(1).normal(DType.FLOAT32, 6, 8);
    State given = step.apply(start(), x);
    Tensor alias = given.weight().reshape(32);
    double[] before = alias.toDoubles();
    given = step.apply(given, x);
    step.apply(given, x);
    TALLY.sameBits(Tensor.of(before), Tensor.of(alias.toDoubles()));
    Tensor both = Key.of(2).normal(DType.FLOAT32, 4);
    var sum = compile((List<Tensor> two) -> List.of(two.get(0).plus(two.get(1)), two.get(0)));
    TALLY.sameBits(
        List.of(both.times(2), both), sum.donating().apply(List.of(both.times(1), both.times(1))));
    Tensor twice = both.times(1);
    TALLY.sameBits(List.of(both.times(2), both), sum.donating().apply(List.of(twice, twice)));
  }

  @Test
  void resultsAreNeverTheArgumentsOrOneAnother() {
    var step = compile((Tensor x) -> List.of(x, x, x.plus(1)));
    Tensor x = Tensor.of(1.0, 2.0);
    List<Tensor> out = step.apply(x);
    var consume = compile((Tensor y) -> y.times(3)).donating();
    consume.apply(out.getFirst());
    TALLY.sameBits(Tensor.of(1.0, 2.0), out.get(1));
    TALLY.sameBits(Tensor.of(1.0, 2.0), x);
  }

  @Test
  void oneFunctionServesAllStructuresTypesAndThreads() throws Exception {
    Compiled<List<Tensor>, Tensor> norm = compile((List<Tensor> all) -> Tree.norm(all));
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      for (int n = 1; n < 5; n++) {
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
          all.add(Key.of(i).normal(dtype, 3, n));
        }
        TALLY.sameBits(Tree.norm(all), norm.apply(all));
      }
    }
    Compiled<Tensor, Tensor> wave = compile((Tensor x) -> x.sin().plus(x.cos().cumsum(0)));
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Tensor>> calls = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        Tensor x = Key.of(i).normal(DType.FLOAT32, 1000);
        calls.add(() -> wave.apply(x));
      }
      int i = 0;
      for (Future<Tensor> result : threads.invokeAll(calls)) {
        Tensor x = Key.of(i++).normal(DType.FLOAT32, 1000);
        TALLY.sameBits(x.sin().plus(x.cos().cumsum(0)), result.get());
      }
    }
  }

  @Test
  void insideOfTransformationsAPlanIsAPartOfTheFunction() {
    Compiled<Tensor, Tensor> cube = compile((Tensor x) -> x.times(x).times(x));
    TALLY.near(1e-12, Tensor.scalar(12), grad(cube, Tensor.scalar(2)));
    TALLY.near(1e-12, Tensor.of(1.0, 8), vmap(cube, Tensor.of(1.0, 2)));
    Tensor two = Tensor.scalar(2);
    TALLY.near( // what is captured gets its gradient
        1e-12, two, grad((Tensor a) -> compile((Tensor x) -> x.times(a)).apply(two), two));
    TALLY.fails(
        () ->
            grad(
                (Tensor x) -> {
                  cube.plan(x);
                  return x;
                },
                two),
        "no plan",
        "transformation");
  }

  @Test
  void branchingOnAValueIsAnErrorWithItsLine() {
    TALLY.fails(
        () -> compile((Tensor x) -> x.item() > 0 ? x : x.neg()).apply(Tensor.scalar(1)),
        "item",
        "no value while compile traces");
  }

  @Test
  void aPlanSaysWhatItHoldsAndRefusesWhatDoesNotFit() {
    Tensor x = Tensor.ones(DType.FLOAT32, 1000);
    var plan = compile((Tensor a) -> a.exp().plus(1).sum()).plan(x);
    TALLY.one(plan.peakBytes() >= 4004 && plan.peakBytes() < 9000, "bytes: " + plan.peakBytes());
    TALLY.one(plan.toString().contains("4 operators in 1 kernels"), plan.toString());
    long elements = Runtime.getRuntime().maxMemory() / 8;
    int n = (int) Math.min(elements / 1000, Integer.MAX_VALUE / 1000);
    Function<Tensor, Tensor> wide =
        a -> {
          Tensor b = a.expandDims(0).broadcastTo(n, 1000).exp();
          Tensor sum = b.cumsum(1);
          for (int i = 0; i < 4; i++) {
            sum = sum.plus(b).cumsum(i % 2);
          }
          return sum.cumsum(0).sum();
        };
    TALLY.fails(() -> compile(wide).apply(x), "MB", "-Xmx", "checkpoint", "segments");
  }

  @Test
  void aPlanCountsItsOperations() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      for (Backend backend : List.of(CPU, Backend.named("reference"))) {
        Tensor x = Tensor.ones(dtype, 3, 4).on(backend);
        Tensor w = Tensor.ones(dtype, 4, 5).on(backend);
        var plan = compile((Tensor a) -> a.matmul(w).flip(0).exp().cumsum(1).sum(0)).plan(x);
        long flops = 2 * 3 * 5 * 4 + 3 * 5 + 3 * 5; // of the product, the pointwise one, the sum
        TALLY.one(plan.flops() == flops, backend.name() + ": " + plan.flops() + " for " + flops);
      }
    }
  }

  /// `x` waits for the kernel of `n` and `m`, which waits for `above`: one kernel for `above` and
  /// the sum, which reads `x`, would wait for itself.
  @Test
  void kernelsDoNotWaitForOneAnother() {
    Function<List<Tensor>, List<Tensor>> f =
        in -> {
          Tensor n = in.get(0).exp();
          Tensor x = n.matmul(in.get(0));
          Tensor above = in.get(1).exp();
          Tensor m = n.times(above.transpose());
          return List.of(m, above.plus(x));
        };
    Key key = Key.of(3);
    same("circle", f, List.of(key.normal(DType.FLOAT32, 4, 4), key.normal(DType.FLOAT32, 4, 4)));
  }
}
