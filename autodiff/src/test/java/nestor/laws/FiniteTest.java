package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// A backend that checks for finite results names the first operator and line that gives another
/// one, and nothing else.
class FiniteTest {
  private static final Tally TALLY = new Tally("first operators with NaN or infinity");
  private static final List<Backend> CHECKING =
      List.of(Backend.named("cpu").checkingFinite(), Backend.named("reference").checkingFinite());

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Notes the line of its caller, then is nothing.
  private static Tensor mark(AtomicInteger line, Tensor x) {
    line.set(
        StackWalker.getInstance()
            .walk(frames -> frames.skip(1).findFirst().orElseThrow().getLineNumber()));
    return x;
  }

  private static void names(AtomicInteger line, Executable f, String operator) {
    String message = assertThrows(TensorException.class, f).getMessage();
    TALLY.one(message.startsWith(operator + "("), "not " + operator + ": " + message);
    String place = "FiniteTest.java:" + line.get() + " ";
    TALLY.one(message.contains(place), "not at " + place + ": " + message);
  }

  @Test
  void theFirstOperatorIsNamed() {
    for (Backend backend : CHECKING) {
      Tensor x = Tensor.of(1., 0., -1.).on(backend);
      TALLY.fails(() -> x.log().exp().plus(1), "log(float64[3])", "element 1", "-Infinity");
      TALLY.fails(() -> x.plus(1).sqrt().minus(3).rsqrt(), "rsqrt(float64[3])", "element 0", "NaN");
      TALLY.fails(() -> x.div(x), "div(float64[3], float64[3])", "element 1", "NaN");
      TALLY.fails(() -> x.times(1e308).times(100), "mul(float64[3], float64[])", "Infinity");
      TALLY.fails(() -> x.cast(DType.FLOAT32).times(1e30).square(), "square(float32[3])");
      TALLY.fails(() -> x.times(1e300).cast(DType.FLOAT32), "cast(float64[3])", "Infinity");
      TALLY.fails(() -> x.reshape(1, 3).times(1e200).matmul(x.times(1e200)), "matmul");
      TALLY.fails(() -> x.times(1e308).plus(1e308).sum(), "add");
      TALLY.fails(() -> x.plus(2).times(1e308).minus(0).sum(), "mul");
      TALLY.near(1e-15, x.greater(0).where(x, x.onesLike()).log(), x.maximum(1).log().abs());
      Tensor mask = Tensor.of(0, Double.NEGATIVE_INFINITY, 0);
      TALLY.near(1e-15, Math.E, x.plus(mask).exp().max()); // what comes in is no result
    }
  }

  @Test
  void transformationsKeepTheOperatorAndItsLine() {
    for (Backend backend : CHECKING) {
      Tensor x = Tensor.of(4., 1., 0.).on(backend);
      AtomicInteger line = new AtomicInteger();
      Function<Tensor, Tensor> f =
          y -> {
            Tensor shifted = y.minus(0.5).plus(0.5);
            Tensor bad = mark(line, shifted).log();
            return bad.exp().sum();
          };
      names(line, () -> f.apply(x), "log");
      names(line, () -> grad(f, x), "log");
      names(line, () -> grad((Tensor y) -> grad(f, y).sum(), x), "log");
      names(line, () -> jvp(f, x, x), "log");
      names(line, () -> vmap(f, x), "log");
      names(line, () -> vmap((Tensor y) -> grad(f, y), x), "log");
      names(line, () -> grad((Tensor y) -> vmap(f, y).sum(), x), "log");
    }
  }

  @Test
  void checkpointsKeepTheOperatorAndItsLine() {
    Tensor x = Tensor.of(4., 1., 0.).on(CHECKING.get(0));
    AtomicInteger line = new AtomicInteger();
    Function<Tensor, Tensor> f =
        y -> {
          Tensor shifted = y.minus(0.5).plus(0.5);
          Tensor bad = mark(line, shifted).log();
          return bad.exp().sum();
        };
    names(line, () -> checkpoint(f, x), "log");
    names(line, () -> grad((Tensor y) -> checkpoint(f, y), x), "log");
    names(line, () -> checkpoint((Tensor y) -> checkpoint(f, y), x), "log");
    names(line, () -> vmap((Tensor y) -> checkpoint(f, y), x), "log");
    names(line, () -> checkpoint((Tensor y) -> f.apply(x.plus(y)), Tensor.scalar(0)), "log");
  }

  @Test
  void scansAndBranchesKeepTheOperatorAndItsLine() {
    Tensor x = Tensor.of(4., 1., 0.).on(CHECKING.get(0));
    AtomicInteger line = new AtomicInteger();
    Function<Tensor, Tensor> f =
        y -> {
          Tensor shifted = y.minus(0.5).plus(0.5);
          Tensor bad = mark(line, shifted).log();
          return bad.exp().sum();
        };
    Function<Tensor, Tensor> overTime =
        y ->
            scan((Tensor h, Tensor e) -> new Step<>(h.plus(f.apply(e)), h), y.sum().times(0), y)
                .carry();
    Function<Tensor, Tensor> chosen = y -> cond(y.sum().greater(0), f, z -> z.sum(), y);
    for (Function<Tensor, Tensor> g : List.of(overTime, chosen)) {
      names(line, () -> g.apply(x), "log");
      names(line, () -> grad(g, x), "log");
      names(line, () -> grad((Tensor y) -> checkpoint(g, y), x), "log");
      names(line, () -> vmap(g, x.reshape(1, 3)), "log");
    }
  }

  /// A function that an example does not take is not evaluated at it.
  @Test
  void branchesThatAreNotTakenGiveNothingInfinite() {
    Tensor x = Tensor.of(4., -1., 0.25).on(CHECKING.get(0));
    Function<Tensor, Tensor> f = y -> cond(y.greater(0), z -> z.sqrt(), z -> z.neg(), y);
    TALLY.near(1e-15, Tensor.of(2., 1, 0.5), vmap(f, x));
    TALLY.near(1e-15, Tensor.of(0.25, -1, 1), grad((Tensor y) -> vmap(f, y).sum(), x));
    TALLY.near(1e-15, Tensor.of(0.25, -1, 1), vmap((Tensor y) -> grad(f, y), x));
  }

  @Test
  void infiniteDerivativesAreNamedAtTheirTransformation() {
    for (Backend backend : CHECKING) {
      Tensor zero = Tensor.of(1., 0.).on(backend);
      TALLY.fails(() -> grad((Tensor x) -> x.sqrt().sum(), zero), "Infinity", "element 1");
      TALLY.fails(() -> grad((Tensor x) -> x.square().sum().sqrt(), zero.times(0)), "element 0");
      TALLY.fails(() -> vmap((Tensor e) -> grad((Tensor x) -> x.sqrt(), e), zero), "element 1");
      TALLY.fails(
          () -> grad((Tensor y) -> checkpoint((Tensor x) -> x.sqrt().sum(), y), zero), "element 1");
    }
  }

  /// No derivative is computed that nobody asked for, so none can be infinite.
  @Test
  void constantsInCheckpointsGetNoDerivatives() {
    Tensor x = Tensor.of(1e200, 2e200).on(CHECKING.get(0));
    Tensor tiny = Tensor.of(1e-200, 1e-200).on(CHECKING.get(0));
    Function<Tensor, Tensor> f = y -> y.times(tiny).times(1e150).sum();
    TALLY.sameBits(grad(f, x), grad((Tensor y) -> checkpoint(f, y), x));
    TALLY.sameBits(grad(f, x), grad((Tensor y) -> checkpoint(z -> checkpoint(f, z), y), x));
  }
}
