package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A choice is the branch that an `if` would have taken.
class CondTest {
  private static final Tally TALLY = new Tally("choices against branches");
  private static final Tensor X = Key.of(6).normal(DType.FLOAT64, 6, 3);
  private static final Tensor YES = Tensor.scalar(DType.BOOL, 1);
  private static final Tensor NO = Tensor.scalar(DType.BOOL, 0);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A choice that depends on the example, and the same with an `if`.
  private static Tensor chosen(UnaryOperator<Tensor> f, UnaryOperator<Tensor> g, Tensor x) {
    return cond(x.sum().greater(0), f, g, x);
  }

  private static Tensor branched(UnaryOperator<Tensor> f, UnaryOperator<Tensor> g, Tensor x) {
    return x.sum().item() > 0 ? f.apply(x) : g.apply(x);
  }

  private static Tensor wave(Tensor x) {
    return x.sin().times(x).plus(x.cos());
  }

  private static Tensor bell(Tensor x) {
    return x.square().neg().exp();
  }

  /// Choices inside of every other transformation; the branches as they are, or transformed.
  private static Map<String, UnaryOperator<UnaryOperator<Tensor>>> around() {
    Map<String, UnaryOperator<UnaryOperator<Tensor>>> all = new LinkedHashMap<>();
    all.put("plain", f -> f);
    all.put("checkpoint", f -> x -> checkpoint(f, x));
    all.put("grad", f -> x -> grad((Tensor y) -> f.apply(y).sum(), x));
    all.put("vjp", f -> x -> vjp(f, x).pullback().apply(x));
    all.put("jvp", f -> x -> jvp(f, x, x.cos()).tangent());
    all.put("hvp", f -> x -> hvp((Tensor y) -> f.apply(y).sum(), x, x));
    all.put("customVjp", f -> x -> customVjp(f, (at, y, g) -> vjp(f, at).pullback().apply(g), x));
    all.put("vmap", f -> x -> vmap((Tensor s) -> f.apply(x.times(s)), Tensor.of(0.5, 1.2)).sum(0));
    all.put(
        "scan",
        f ->
            x ->
                scan(
                        (Tensor h, Tensor s) -> new Step<>(h, f.apply(h.times(s))),
                        x,
                        Tensor.of(0.7, 1.1))
                    .outputs()
                    .sum(0));
    all.put("cond", f -> x -> cond(x.get(0).less(9), f, y -> y, x));
    return all;
  }

  @Test
  void choicesAreBranchesInEveryTransformation() {
    around()
        .forEach((outer, around) ->
            around()
                .forEach((inner, inside) -> {
                  UnaryOperator<Tensor> f = inside.apply(CondTest::wave);
                  UnaryOperator<Tensor> g = inside.apply(CondTest::bell);
                  UnaryOperator<Tensor> fast = around.apply(x -> chosen(f, g, x));
                  try {
                    for (int i = 0; i < 2; i++) {
                      Tensor x = X.get(i);
                      UnaryOperator<Tensor> taken = around.apply(x.sum().item() > 0 ? f : g);
                      TALLY.near(1e-14, taken.apply(x), fast.apply(x));
                      TALLY.near(1e-13, pulled(taken, x), pulled(fast, x));
                    }
                    Tensor some = X.slice(0, 0, 3);
                    Tensor mapped = vmap(fast, some);
                    Tensor gradient = grad((Tensor x) -> vmap(fast, x).square().sum(), some);
                    Tensor each = vmap((Tensor x) -> pulled(fast, x), some);
                    for (int i = 0; i < 3; i++) {
                      TALLY.near(1e-14, fast.apply(X.get(i)), mapped.get(i));
                      TALLY.near(1e-13, pulled(fast, X.get(i)), gradient.get(i));
                      TALLY.near(1e-13, pulled(fast, X.get(i)), each.get(i));
                    }
                  } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError(outer + " of " + inner + ": " + e.getMessage(), e);
                  }
                }));
  }

  private static Tensor pulled(UnaryOperator<Tensor> f, Tensor x) {
    return grad((Tensor y) -> f.apply(y).square().sum(), x);
  }

  @Test
  void valuesAndGradientsAreThoseOfTheBranchToTheBit() {
    for (int i = 0; i < 6; i++) {
      Tensor x = X.get(i);
      TALLY.sameBits(
          branched(CondTest::wave, CondTest::bell, x), chosen(CondTest::wave, CondTest::bell, x));
      UnaryOperator<Tensor> slow =
          y -> branched(CondTest::wave, CondTest::bell, y).times(y.tanh()).plus(y.cos());
      UnaryOperator<Tensor> fast =
          y -> chosen(CondTest::wave, CondTest::bell, y).times(y.tanh()).plus(y.cos());
      TALLY.sameBits(pulled(slow, x), pulled(fast, x));
      TALLY.derivatives(fast, x, 3);
    }
  }

  /// Checked by a backend that would stop at the logarithm of a negative number.
  @Test
  void onlyTheChosenBranchRuns() {
    Tensor x = X.get(0).abs().neg().on(Backend.named("cpu").checkingFinite());
    UnaryOperator<Tensor> onArgument = y -> cond(NO, z -> z.log(), z -> z.neg(), y);
    UnaryOperator<Tensor> onCapture = y -> cond(NO, z -> y.log().times(z), z -> y.neg(), x);
    for (UnaryOperator<Tensor> f : List.of(onArgument, onCapture)) {
      TALLY.sameBits(x.neg(), f.apply(x));
      TALLY.sameBits(x.onesLike().neg(), grad((Tensor y) -> f.apply(y).sum(), x));
      TALLY.sameBits(x.zerosLike(), hvp((Tensor y) -> f.apply(y).sum(), x, x));
      TALLY.sameBits(
          x.onesLike().neg(),
          grad((Tensor y) -> scan((Tensor h) -> new Step<>(f.apply(h), h), y, 3).carry().sum(), x));
      Tensor many = Tensor.stack(0, List.of(x, x));
      TALLY.sameBits(many.neg(), vmap(f, many));
    }
  }

  /// ⟨w, √x⟩ for a positive x: neither x nor the shared w gets a NaN from examples with another x,
  /// nor from operators on w alone.
  @Test
  void branchesThatAreNotTakenDoNotPoisonGradients() {
    record At(Tensor w, Tensor x) {}
    Function<At, Tensor> f =
        at ->
            vmap(
                    (Tensor e) ->
                        cond(
                            e.greater(0),
                            (Tensor y) -> y.sqrt().times(at.w().sqrt()),
                            y -> y.square().times(at.w().neg().sqrt()),
                            e),
                    at.x())
                .sum();
    At some = grad(f, new At(Tensor.scalar(4), Tensor.of(9., 4., 1.)));
    TALLY.near(1e-15, Tensor.of(1. / 3, 0.5, 1), some.x());
    TALLY.near(1e-15, 6. / 4, some.w());
    At none = grad(f, new At(Tensor.scalar(-4), Tensor.of(-9., -4., -1.)));
    TALLY.near(1e-15, Tensor.of(-36., -16, -4), none.x());
    TALLY.near(1e-13, -98. / 4, none.w());
    Function<Tensor, Tensor> safe =
        x -> vmap((Tensor e) -> cond(e.greater(0), y -> y.sqrt(), y -> y.neg(), e), x);
    Tensor mixed = Tensor.of(9., -4., 1., -2.);
    TALLY.near(1e-15, Tensor.of(3., 4, 1, 2), safe.apply(mixed));
    TALLY.near(
        1e-15, Tensor.of(1. / 6, -1, 0.5, -1), grad((Tensor x) -> safe.apply(x).sum(), mixed));
    TALLY.near(
        1e-15,
        Tensor.of(-1. / 108, 0, -0.25, 0),
        hvp((Tensor x) -> safe.apply(x).sum(), mixed, mixed.onesLike()));
  }

  /// Indices that only the other branch could use are not read.
  @Test
  void operandsOfOtherExamplesAreSafe() {
    Tensor table = X.get(0);
    Tensor indices = Tensor.of(1L, 7L, 2L, -1L);
    Tensor picked =
        vmap(
            (Tensor i) ->
                cond(
                    i.lessEqual(Tensor.scalar(DType.INT64, 2)).and(i.greaterEqual(i.constant(0))),
                    j -> table.take(j.reshape(1), 0).sum(),
                    j -> Tensor.scalar(0),
                    i),
            indices);
    TALLY.sameBits(
        Tensor.stack(0, List.of(table.get(1), Tensor.scalar(0), table.get(2), Tensor.scalar(0))),
        picked);
    Tensor none =
        vmap(
            (Tensor e) -> cond(YES, CondTest::wave, CondTest::bell, e),
            Tensor.zeros(DType.FLOAT64, 0));
    TALLY.equal(0, none.shape().dim(0));
    none =
        vmap(
            (Tensor e) -> chosen(CondTest::wave, CondTest::bell, e),
            Tensor.zeros(DType.FLOAT64, 0));
    TALLY.equal(0, none.shape().dim(0));
  }

  @Test
  void whatNeitherBranchReachesIsNamed() {
    record At(Tensor a, Tensor b, Tensor c) {}
    At at = new At(X.get(0), X.get(1), X.get(2));
    for (Tensor predicate : List.of(YES, NO)) {
      Function<At, Tensor> f =
          p -> cond(predicate, (At q) -> q.a().sin().sum(), q -> q.b().sin().sum(), p);
      TALLY.fails(() -> grad(f, at), "'c'");
      At g = grad(f, at, Frozen.paths("c"));
      boolean yes = predicate.toBooleans()[0];
      TALLY.sameBits(yes ? at.a().cos() : at.a().zerosLike(), g.a());
      TALLY.sameBits(yes ? at.b().zerosLike() : at.b().cos(), g.b());
    }
  }

  @Test
  void integersKeysAndStaticPartsPass() {
    record State(Key key, Tensor count, Tensor x, String name) {}
    State at = new State(Key.of(1), Tensor.scalar(DType.INT32, 3), X.get(0), "name");
    for (Tensor predicate : List.of(YES, NO)) {
      State out =
          cond(
              predicate,
              s -> new State(s.key().fold(1), s.count().plus(1), s.x().sin(), s.name()),
              s -> s,
              at);
      boolean yes = predicate.toBooleans()[0];
      TALLY.sameBits(yes ? at.key().fold(1) : at.key(), out.key());
      TALLY.sameBits(Tensor.scalar(DType.INT32, yes ? 4 : 3), out.count());
      TALLY.equal("name", out.name());
    }
  }

  /// Every third step writes; all others pass the state on.
  @Test
  void stepsOfAScanMayDiffer() {
    record State(Tensor count, Tensor x) {}
    Function<Tensor, Tensor> fast =
        w ->
            scan(
                    (State s) -> {
                      Tensor due =
                          s.count().remainder(s.count().constant(3)).equal(s.count().constant(0));
                      Tensor next = cond(due, y -> y.times(w).sin(), y -> y, s.x());
                      return new Step<>(new State(s.count().plus(1), next), next);
                    },
                    new State(Tensor.scalar(DType.INT64, 0), X.get(0)),
                    8)
                .outputs();
    Function<Tensor, Tensor> slow =
        w -> {
          Tensor x = X.get(0);
          List<Tensor> all = new ArrayList<>();
          for (int t = 0; t < 8; t++) {
            x = t % 3 == 0 ? x.times(w).sin() : x;
            all.add(x);
          }
          return Tensor.stack(0, all);
        };
    Tensor at = X.get(1);
    TALLY.sameBits(slow.apply(at), fast.apply(at));
    TALLY.near(
        1e-15,
        grad((Tensor w) -> slow.apply(w).square().sum(), at),
        grad((Tensor w) -> fast.apply(w).square().sum(), at));
    TALLY.derivatives(fast, at, 3);
    TALLY.sameBits(vmap(slow, X), vmap(fast, X));
  }
}
