package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Keep;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Tensors that a transformed function captures get their gradients.
class CaptureTest {
  private static final Tally TALLY = new Tally("captured tensors");
  private static final Tensor C = Tensor.of(0.4, -0.9, 1.3);
  private static final Tensor TRUE = Tensor.scalar(DType.BOOL, 1);
  private static final Tensor FALSE = Tensor.scalar(DType.BOOL, 0);
  private static final Tensor X = Key.of(3).normal(DType.FLOAT64, 2, 3);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Functions of a tensor that some transformed function captures.
  private static Map<String, UnaryOperator<Tensor>> capturing() {
    Map<String, UnaryOperator<Tensor>> all = new LinkedHashMap<>();
    all.put("checkpoint", c -> checkpoint((Tensor x) -> x.times(c).sin(), X));
    all.put("checkpoint of captures only", c -> checkpoint((Tensor x) -> c.sin().times(c), X));
    all.put("checkpoint gives back a capture", c -> checkpoint((Tensor x) -> c, X));
    all.put(
        "checkpoint of argument and capture alike",
        c -> checkpoint((Tensor x) -> x.times(c).sin().plus(c.exp().times(x)), c));
    all.put(
        "checkpoint in checkpoint",
        c ->
            checkpoint(
                (Tensor x) -> checkpoint((Tensor y) -> y.times(c).times(x).sin(), x.plus(c)), X));
    all.put("vmap", c -> vmap((Tensor row) -> row.times(c).sin(), X));
    all.put("vmap of captures only", c -> vmap((Tensor row) -> c.sin().times(c), X));
    all.put("vmap gives back a capture", c -> vmap((Tensor row) -> c, X));
    all.put("vmap of argument and capture alike", c -> vmap((Tensor e) -> c.times(e).sin(), c));
    all.put(
        "vmap in vmap",
        c -> vmap((Tensor row) -> vmap((Tensor e) -> c.times(e).times(row).sin(), row), X));
    all.put("grad", c -> grad((Tensor x) -> x.times(c).sin().sum(), X));
    all.put("grad at a capture", c -> grad((Tensor x) -> x.times(c).sin().sum(), c));
    all.put(
        "grad of grad",
        c -> grad((Tensor x) -> grad((Tensor y) -> y.times(c).times(x).sin().sum(), c).sum(), X));
    all.put("jvp", c -> jvp((Tensor x) -> x.times(c).sin(), X, X.cos()).tangent());
    all.put("jvp along a capture", c -> jvp((Tensor x) -> x.times(c).sin(), c, c).tangent());
    all.put("vjp gives back a capture", c -> vjp((Tensor x) -> c, X).value());
    all.put("vjp", c -> vjp((Tensor x) -> x.times(c).sin(), X).pullback().apply(X.times(c)));
    all.put(
        "grad of checkpoint",
        c -> grad((Tensor x) -> checkpoint((Tensor y) -> y.times(c).sin().sum(), x), X));
    all.put(
        "checkpoint of grad",
        c -> checkpoint((Tensor x) -> grad((Tensor y) -> y.times(c).times(x).sin().sum(), x), X));
    all.put(
        "vmap of checkpoint",
        c ->
            vmap(
                (Tensor row) -> checkpoint((Tensor e) -> e.times(c).times(row).sin(), row.sum()),
                X));
    all.put(
        "checkpoint of vmap",
        c ->
            checkpoint(
                (Tensor x) -> vmap((Tensor row) -> row.times(c).times(x.sum(0)).sin(), x), X));
    all.put(
        "scan",
        c ->
            scan((Tensor h, Tensor x) -> new Step<>(h.times(c).plus(x).sin(), h.times(x)), c, X)
                .outputs());
    all.put(
        "scan keeping some carries",
        c ->
            scan(
                    (Tensor h) -> new Step<>(h.times(c).sin().plus(c), h.times(c)),
                    X.get(0),
                    5,
                    Keep.SQRT)
                .outputs());
    all.put(
        "scan of captures only", c -> scan((Tensor h) -> new Step<>(c.sin(), c), c, 2).outputs());
    all.put("scan in vmap", c -> vmap((Tensor row) -> carried(row, c), X));
    all.put("scan of vmap", c -> scan((Tensor h) -> new Step<>(mapped(h, c), h), X, 2).outputs());
    all.put("cond", c -> cond(TRUE, (Tensor x) -> x.times(c).sin(), x -> x, X));
    all.put("cond of captures only", c -> cond(FALSE, (Tensor x) -> x, x -> c.sin().times(c), c));
    all.put(
        "cond in scan",
        c ->
            scan(
                    (Tensor h, Tensor x) ->
                        new Step<>(cond(x.sum().greater(0), y -> y.times(c).sin(), y -> y, h), x),
                    X.get(0),
                    X)
                .carry());
    all.put(
        "cond of each example",
        c ->
            vmap(
                (Tensor row) ->
                    cond(row.get(0).greater(0), y -> y.times(c).sin(), y -> c.times(c), row),
                X));
    return all;
  }

  private static Tensor carried(Tensor row, Tensor c) {
    return scan((Tensor h, Tensor e) -> new Step<>(h.times(c).plus(e).sin(), h), row, row).carry();
  }

  private static Tensor mapped(Tensor h, Tensor c) {
    return vmap((Tensor row) -> row.times(c).sin(), h);
  }

  /// Functions of a tensor that the backward function of a `customVjp` captures, whose true
  /// derivative it is part of.
  private static UnaryOperator<Tensor> viaBackward(UnaryOperator<Tensor> around) {
    return c -> grad((Tensor x) -> around.apply(scaledBy(c, x)).sum(), X.get(0));
  }

  private static Tensor scaledBy(Tensor c, Tensor x) {
    return customVjp((Tensor at) -> at.sin(), (at, y, g) -> g.times(at.cos()).times(c), x);
  }

  @Test
  void gradientsFlowThroughCaptures() {
    capturing()
        .forEach((name, f) -> {
          try {
            TALLY.derivatives(f, C, 3);
            TALLY.derivatives((Tensor c) -> checkpoint((Tensor d) -> f.apply(d), c), C, 2);
            TALLY.derivatives((Tensor c) -> checkpoint((Tensor d) -> f.apply(c), X), C, 2);
            TALLY.derivatives((Tensor c) -> vmap(f, Tensor.stack(0, List.of(c, c.sin()))), C, 2);
            TALLY.derivatives((Tensor c) -> vmap((Tensor row) -> f.apply(c), X), C, 2);
          } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(name + ": " + e.getMessage(), e);
          }
        });
  }

  @Test
  void vmapsOfCapturesEqualALoop() {
    Tensor stacked = Tensor.stack(0, List.of(C, C.sin(), C.neg()));
    capturing()
        .forEach((name, f) -> {
          Tensor mapped = vmap(f, stacked);
          for (int i = 0; i < 3; i++) {
            TALLY.near(1e-14, f.apply(stacked.get(i)), mapped.get(i));
          }
        });
  }

  @Test
  void checkpointsOfCapturesChangeNoBit() {
    capturing()
        .forEach((name, f) -> {
          Function<Tensor, Tensor> plain = c -> f.apply(c).square().sum();
          Function<Tensor, Tensor> again = c -> checkpoint((Tensor x) -> plain.apply(c), X);
          TALLY.sameBits(grad(plain, C), grad(again, C));
        });
  }

  /// The same tensor as argument and as capture: contributions are added in the order of the
  /// function without the checkpoint, as long as no operator works on captures alone.
  @Test
  void argumentsThatAreCapturedTooChangeNoBit() {
    Tensor at = Key.of(8).normal(DType.FLOAT64, 97);
    Tensor expected = grad((Tensor x) -> mixed(x, x).sum(), at);
    TALLY.sameBits(
        expected, grad((Tensor x) -> checkpoint((Tensor y) -> mixed(x, y), x).sum(), at));
    record Both(Tensor a, Tensor b) {}
    TALLY.sameBits(
        expected,
        grad(
            (Tensor x) -> checkpoint((Both both) -> mixed(x, both.b()), new Both(x, x)).sum(), at));
    TALLY.sameBits(
        expected,
        grad(
            (Tensor x) ->
                checkpoint((Tensor y) -> checkpoint((Tensor z) -> mixed(y, z), y), x).sum(),
            at));
  }

  /// What the function does with the argument after the checkpoint is added before it.
  @Test
  void argumentsThatAreUsedAgainChangeNoBit() {
    Tensor at = Key.of(9).normal(DType.FLOAT64, 97);
    Function<Tensor, Tensor> first = y -> mixed(y, y);
    Function<Tensor, Tensor> then = x -> first.apply(x).times(x.cos()).plus(x.tanh());
    Function<Tensor, Tensor> again = x -> checkpoint(first, x).times(x.cos()).plus(x.tanh());
    TALLY.sameBits(
        grad((Tensor x) -> then.apply(x).sum(), at), grad((Tensor x) -> again.apply(x).sum(), at));
    TALLY.derivatives(again, C, 3);
  }

  @Test
  void resultsMayBeTwiceTheSameOrUnused() {
    Function<Tensor, List<Tensor>> three =
        x -> {
          Tensor y = x.sin();
          return List.of(y, y, x);
        };
    for (int which = 1; which < 1 << 3; which++) {
      int mask = which;
      Function<List<Tensor>, Tensor> used =
          results -> {
            Tensor sum = Tensor.scalar(0);
            for (int i = 0; i < 3; i++) {
              sum = (mask >> i & 1) == 1 ? sum.plus(results.get(i).square().sum()) : sum;
            }
            return sum;
          };
      TALLY.sameBits(
          grad((Tensor x) -> used.apply(three.apply(x)), C),
          grad((Tensor x) -> used.apply(checkpoint(three, x)), C));
    }
  }

  @Test
  void capturesAreConstantToThePullback() {
    Tensor sum =
        grad(
            (Tensor c) -> {
              Tensor pulled = vjp((Tensor x) -> c, C.sin()).pullback().apply(C);
              TALLY.sameBits(C.zerosLike(), pulled);
              return c.plus(pulled).sum();
            },
            C);
    TALLY.sameBits(C.onesLike(), sum);
  }

  private static Tensor mixed(Tensor x, Tensor y) {
    return y.sin().times(x).plus(y.cos().times(x)).plus(y.tanh()).plus(y.sigmoid().times(x));
  }

  @Test
  void oneTensorMayBeManyLeaves() {
    record Both(Tensor a, List<Tensor> b) {}
    Tensor shared = X.get(0);
    Both both = new Both(shared, List.of(shared, shared));
    Function<Both, Tensor> f =
        p -> p.a().times(p.b().get(0)).sin().plus(p.b().get(1).times(p.b().get(0)).exp()).sum();
    Both g = grad(f, both);
    TALLY.near(1e-14, shared.times(shared.square().cos()), g.a());
    TALLY.sameBits(g, grad((Both p) -> checkpoint(f, p), both));
    TALLY.sameBits(
        grad((Tensor x) -> f.apply(new Both(x, List.of(x, x))), shared),
        grad((Tensor x) -> checkpoint(f, new Both(x, List.of(x, x))), shared));
    TALLY.derivatives((Tensor x) -> checkpoint(f, new Both(x, List.of(x, x))), shared, 3);
    TALLY.derivatives(
        (Tensor x) -> vmap((Both row) -> f.apply(row), new Both(x, List.of(x, x))), shared, 3);
    TALLY.derivatives(
        (Tensor x) ->
            vmap(
                (Both row) -> checkpoint((Both p) -> p.a().sin(), row), new Both(x, List.of(x, x))),
        shared,
        3);
  }

  @Test
  void capturesOfABackwardFunctionGetTheirGradients() {
    TALLY.near(1e-14, X.get(0).cos().times(C), viaBackward(y -> y).apply(C));
    TALLY.derivatives(viaBackward(y -> y), C, 3);
    TALLY.derivatives(viaBackward(y -> y.square()), C, 3);
    TALLY.derivatives(
        (Tensor c) -> vmap((Tensor k) -> viaBackward(y -> y).apply(k.times(c)), C), C, 2);
  }

  /// Here the backward function runs after the call of what traced its capture has returned.
  @Test
  void backwardFunctionsMayCaptureWhatTheirOwnTapeTraces() {
    Function<Tensor, Tensor> f = x -> scaledBy(x.square(), x).sum();
    TALLY.near(1e-14, C.cos().times(C.square()), grad(f, C));
    TALLY.derivatives((Tensor x) -> grad(f, x), C, 2);
    Function<Tensor, Tensor> again =
        x ->
            customVjp(
                    (Tensor at) -> at.sin(),
                    (at, y, g) ->
                        checkpoint(
                            (List<Tensor> k) -> k.get(0).times(k.get(1).square()),
                            List.of(g.times(at.cos()), x)),
                    x)
                .sum();
    TALLY.near(1e-14, C.cos().times(C.square()), grad(again, C));
    TALLY.derivatives((Tensor x) -> grad(again, x).times(x), C, 2);
  }

  @Test
  void backwardFunctionsMayCaptureWhatVmapMaps() {
    Function<Tensor, Tensor> f = x -> vmap((Tensor e) -> scaledBy(e.square(), e), x).sum();
    TALLY.near(1e-14, C.cos().times(C.square()), grad(f, C));
  }

  @Test
  void backwardFunctionsMayCaptureWhatACheckpointTraces() {
    Function<Tensor, Tensor> f = x -> checkpoint((Tensor y) -> scaledBy(y.square(), y), x).sum();
    TALLY.near(1e-14, C.cos().times(C.square()), grad(f, C));
    Function<Tensor, Tensor> outside =
        x -> checkpoint((Tensor y) -> scaledBy(x.square(), y), x).sum();
    TALLY.near(1e-14, C.cos().times(C.square()), grad(outside, C));
    Function<Tensor, Tensor> mapped =
        x -> vmap((Tensor e) -> checkpoint((Tensor y) -> scaledBy(e.square(), y), e), x).sum();
    TALLY.near(1e-14, C.cos().times(C.square()), grad(mapped, C));
    TALLY.derivatives((Tensor x) -> grad(f, x), C, 2);
  }

  @Test
  void capturesOfACustomForwardFunctionAreRefused() {
    UnaryOperator<Tensor> hidden =
        c -> customVjp((Tensor x) -> x.times(c), (x, y, g) -> g.times(c), X.get(0));
    String[] words = {"customVjp", "captured"};
    TALLY.sameBits(X.get(0).times(C), hidden.apply(C));
    TALLY.fails(() -> grad((Tensor c) -> hidden.apply(c).sum(), C), words);
    TALLY.fails(() -> grad((Tensor c) -> hidden.apply(c).times(c).sum(), C), words);
    TALLY.fails(
        () -> grad((Tensor c) -> customVjp((Tensor x) -> x.times(c), (x, y, g) -> g, c).sum(), C),
        words);
    TALLY.fails(() -> vmap(hidden, Tensor.stack(0, List.of(C, C))), words);
    TALLY.fails(() -> checkpoint(hidden, C), words);
    TALLY.fails(
        () -> checkpoint((Tensor c) -> customVjp((Tensor x) -> x.times(c), (x, y, g) -> g, c), C),
        words);
    TALLY.fails(
        () -> grad((Tensor c) -> checkpoint((Tensor x) -> hidden.apply(c), X).sum(), C), words);
    TALLY.fails(() -> grad((Tensor c) -> vmap((Tensor row) -> hidden.apply(c), X).sum(), C), words);
    TALLY.fails(
        () -> grad((Tensor c) -> grad((Tensor d) -> hidden.apply(c).times(d).sum(), C).sum(), C),
        words);
    TALLY.fails(() -> customVjpInside(C), words);
  }

  private static Tensor customVjpInside(Tensor at) {
    return grad(
        (Tensor c) ->
            vmap((Tensor row) -> customVjp((Tensor x) -> x.times(row), (x, y, g) -> g, c), X).sum(),
        at);
  }
}
