package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Keep;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A scan is the loop that it abbreviates.
class ScanTest {
  private static final Tally TALLY = new Tally("scans against loops");
  private static final Key KEY = Key.of(11);
  private static final int[] LENGTHS = {0, 1, 2, 7, 16, 17};
  private static final Tensor X = KEY.fold("X").normal(DType.FLOAT64, 5, 3);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Weights, a first carry of two tensors, and inputs.
  record Problem(Tensor w, Tensor u, Memory init, Tensor xs) {
    static Problem draw(int length) {
      Memory init = new Memory(normal("h", 3), normal("c", 2, 3));
      return new Problem(normal("w", 3, 3), normal("u", 3), init, normal("x", length, 3));
    }
  }

  record Memory(Tensor h, Tensor c) {}

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  /// Everything enters everything, more than once; nothing is computed of weights alone.
  private static Step<Memory, Tensor> step(Problem p, Memory m, Tensor x) {
    Tensor h = m.h().matmul(p.w()).plus(x.times(p.u())).tanh().plus(m.h().times(0.5));
    Tensor c = m.c().times(x.sigmoid()).plus(h.times(p.u()).sin());
    return new Step<>(new Memory(h, c), h.matmul(p.w()).times(m.c().sum(0)).plus(x));
  }

  /// What a loop gives: the last carry and the outputs.
  record Result(Object carry, Tensor outputs) {}

  private static Result loop(Problem p) {
    Memory m = p.init();
    List<Tensor> outputs = new ArrayList<>();
    for (int t = 0; t < p.xs().shape().dim(0); t++) {
      Step<Memory, Tensor> step = step(p, m, p.xs().get(t));
      m = step.carry();
      outputs.add(step.output());
    }
    Tensor all = outputs.isEmpty() ? Tensor.zeros(DType.FLOAT64, 0, 3) : Tensor.stack(0, outputs);
    return new Result(m, all);
  }

  private static Result scanned(Problem p, Keep keep) {
    var out = scan((Memory m, Tensor x) -> step(p, m, x), p.init(), p.xs(), keep);
    return new Result(out.carry(), out.outputs());
  }

  private static Tensor loss(Result result) {
    Tensor sum = result.outputs().square().sum();
    for (Tensor leaf : Tree.leaves(result.carry())) {
      sum = sum.plus(leaf.sin().sum());
    }
    return sum;
  }

  private static <T> T pulled(Function<T, Tensor> f, T at) {
    return vjp(f, at).pullback().apply(Tensor.scalar(1));
  }

  @Test
  void valuesAndGradientsAreThoseOfTheLoopToTheBit() {
    for (int length : LENGTHS) {
      Problem at = Problem.draw(length);
      for (Keep keep : Keep.values()) {
        TALLY.sameBits(loop(at), scanned(at, keep));
        TALLY.sameBits(
            pulled((Problem p) -> loss(loop(p)), at),
            pulled((Problem p) -> loss(scanned(p, keep)), at));
      }
    }
  }

  @Test
  void higherDerivativesAreThoseOfTheLoop() {
    for (int length : LENGTHS) {
      Problem at = Problem.draw(length);
      Problem along = Tree.map(at, leaf -> leaf.cos());
      for (Keep keep : Keep.values()) {
        Function<Problem, Tensor> slow = p -> loss(loop(p));
        Function<Problem, Tensor> fast = p -> loss(scanned(p, keep));
        TALLY.near(1e-11, hvp(slow, at, along), hvp(fast, at, along));
        TALLY.near(1e-13, jvp(slow, at, along).tangent(), jvp(fast, at, along).tangent());
        if (length <= 7) {
          Function<Problem, Tensor> third =
              p -> Tree.leaves(hvp(slow, p, along)).getFirst().square().sum();
          Function<Problem, Tensor> again =
              p -> Tree.leaves(hvp(fast, p, along)).getFirst().square().sum();
          TALLY.near(1e-9, pulled(third, at), pulled(again, at));
        }
      }
    }
  }

  @Test
  void derivativesOfThreeOrdersAreFiniteDifferences() {
    for (int length : new int[] {1, 2, 4, 5}) {
      Problem drawn = Problem.draw(length);
      Problem at = Tree.map(drawn, leaf -> leaf.times(0.5));
      for (Keep keep : Keep.values()) {
        TALLY.derivatives((Problem p) -> loss(scanned(p, keep)), at, 3);
      }
    }
  }

  @Test
  void bothKindsOfKeepingAreTheSameToTheBit() {
    for (int length : LENGTHS) {
      Problem at = Problem.draw(length);
      TALLY.sameBits(
          pulled((Problem p) -> loss(scanned(p, Keep.ALL)), at),
          pulled((Problem p) -> loss(scanned(p, Keep.SQRT)), at));
    }
  }

  /// An output that is the next carry too gets its cotangents in another order.
  @Test
  void carriesMayBeOutputs() {
    BiFunction<Tensor, Tensor, Tensor> next = (h, x) -> h.times(x).sin().plus(h.cos());
    Function<Tensor, Tensor> slow =
        x -> {
          Tensor h = x.get(0);
          Tensor sum = Tensor.scalar(0);
          for (int t = 0; t < 5; t++) {
            h = next.apply(h, x.get(t));
            sum = sum.plus(h.square().sum());
          }
          return sum;
        };
    for (Keep keep : Keep.values()) {
      Function<Tensor, Tensor> fast =
          x ->
              scan(
                      (Tensor h, Tensor e) -> new Step<>(next.apply(h, e), next.apply(h, e)),
                      x.get(0),
                      x,
                      keep)
                  .outputs()
                  .square()
                  .sum();
      TALLY.near(1e-14, grad(slow, X), grad(fast, X));
      TALLY.derivatives(fast, X.slice(0, 0, 4), 3);
    }
  }

  @Test
  void theBodyIsTracedOnce() {
    AtomicInteger calls = new AtomicInteger();
    Function<Tensor, Tensor> f =
        x ->
            scan(
                    (Tensor h) -> {
                      calls.incrementAndGet();
                      return new Step<>(h.times(x).sin(), List.of());
                    },
                    x,
                    100)
                .carry();
    TALLY.one(f.apply(Tensor.scalar(1.2)).shape().rank() == 0, "no single number");
    TALLY.equal(1, calls.get());
    grad((Tensor x) -> grad(f, x), Tensor.scalar(1.2));
    TALLY.equal(2, calls.get());
  }

  @Test
  void loopsWithoutInputsCount() {
    for (Keep keep : Keep.values()) {
      for (int length : LENGTHS) {
        var out =
            scan(
                (Tensor n) -> new Step<>(n.plus(1), n.times(n)),
                Tensor.scalar(DType.INT64, 0),
                length,
                keep);
        TALLY.sameBits(Tensor.scalar(DType.INT64, length), out.carry());
        Tensor numbers = Tensor.arange(DType.INT64, length);
        TALLY.sameBits(numbers.times(numbers), out.outputs());
      }
    }
  }

  record Noisy(Key key, Tensor count, Tensor x) {}

  private static Noisy noisyStep(Noisy at, Tensor scale) {
    Key next = at.key().fold(1);
    Tensor noise = at.key().fold(2).normal(DType.FLOAT64, 3);
    Tensor even = at.count().remainder(at.count().constant(2)).equal(at.count().constant(0));
    Tensor moved = even.where(at.x().times(scale).sin(), at.x().times(noise));
    return new Noisy(next, at.count().plus(1), moved);
  }

  /// Integers may be carried, used and given out; gradients pass them by.
  @Test
  void keysAndCountersMayBeCarried() {
    Tensor scales = normal("scales", 7);
    Function<Tensor, Noisy> slow =
        x -> {
          Noisy at = new Noisy(KEY, Tensor.scalar(DType.INT32, 0), x);
          for (int t = 0; t < 7; t++) {
            at = noisyStep(at, scales.get(t));
          }
          return at;
        };
    for (Keep keep : Keep.values()) {
      Function<Tensor, Noisy> fast =
          x -> {
            Noisy init = new Noisy(KEY, Tensor.scalar(DType.INT32, 0), x);
            var out =
                scan((Noisy at, Tensor s) -> new Step<>(noisyStep(at, s), at), init, scales, keep);
            TALLY.equal(DType.INT32, out.outputs().key().words().dtype());
            return out.carry();
          };
      Tensor x = X.get(0);
      TALLY.sameBits(slow.apply(x), fast.apply(x));
      TALLY.sameBits(
          grad((Tensor y) -> slow.apply(y).x().sum(), x),
          grad((Tensor y) -> fast.apply(y).x().sum(), x));
      TALLY.derivatives((Tensor y) -> fast.apply(y).x(), x, 3);
      TALLY.sameBits(vmap(slow, X), vmap(fast, X));
    }
  }

  /// As in the loop: by steps that follow one another, not by what could be reached in more of
  /// them.
  @Test
  void whatIsNotReachedIsNamed() {
    record Two(Tensor a, Tensor b) {}
    Two at = new Two(X.get(0), X.get(1));
    BiFunction<Two, Integer, Two> swapped =
        (two, length) ->
            scan((Two now) -> new Step<>(new Two(now.b(), now.a().sin()), List.of()), two, length)
                .carry();
    for (int length = 0; length < 5; length++) {
      int steps = length;
      Function<Two, Tensor> first = two -> swapped.apply(two, steps).a().sum();
      String unused = steps % 2 == 0 ? "b" : "a";
      TALLY.fails(() -> grad(first, at), "grad", "'" + unused + "'", "Frozen");
      Two g = grad(first, at, Frozen.paths(unused));
      TALLY.one(Tree.norm(g).item() > 0, "a gradient of zero");
    }
    TALLY.fails(
        () ->
            grad(
                (Two two) ->
                    scan((Tensor h) -> new Step<>(h.times(two.a()), h), X, 3).carry().sum(),
                at),
        "'b'");
    TALLY.fails( // no step, no use
        () ->
            grad(
                (Tensor c) -> scan((Tensor h) -> new Step<>(h.times(c), h), X, 0).carry().sum(), X),
        "grad",
        "does not depend");
    TALLY.fails(
        () ->
            grad(
                (Tensor x) ->
                    scan((Tensor h, Tensor e) -> new Step<>(h.plus(1), e.round()), X, x)
                        .carry()
                        .sum(),
                X),
        "does not depend");
  }

  @Test
  void checkpointsInsideAndOutsideChangeNoBit() {
    for (int length : new int[] {1, 7}) {
      Problem at = Problem.draw(length);
      for (Keep keep : Keep.values()) {
        Problem expected = pulled((Problem p) -> loss(loop(p)), at);
        TALLY.sameBits(
            expected,
            pulled((Problem p) -> checkpoint((Problem q) -> loss(scanned(q, keep)), p), at));
        Function<Problem, Tensor> inside =
            p -> {
              var out =
                  scan(
                      (Memory m, Tensor x) -> checkpoint((Memory n) -> step(p, n, x), m),
                      p.init(),
                      p.xs(),
                      keep);
              return loss(new Result(out.carry(), out.outputs()));
            };
        TALLY.sameBits(expected, pulled(inside, at));
      }
    }
  }

  /// Sums start from −0, as if from nothing.
  @Test
  void zerosKeepTheirSigns() {
    Tensor zeros = Tensor.zeros(DType.FLOAT64, 4, 3);
    Function<Tensor, Tensor> slow =
        w -> {
          Tensor sum = Tensor.scalar(0);
          for (int t = 0; t < 4; t++) {
            sum = sum.minus(w.dot(zeros.get(t)));
          }
          return sum;
        };
    Function<Tensor, Tensor> fast =
        w ->
            scan(
                    (Tensor sum, Tensor x) -> new Step<>(sum.minus(w.dot(x)), List.of()),
                    Tensor.scalar(0),
                    zeros)
                .carry();
    Tensor at = X.get(0);
    TALLY.sameBits(at.zerosLike().neg().times(1), grad(slow, at));
    TALLY.sameBits(grad(slow, at), grad(fast, at));
  }
}
