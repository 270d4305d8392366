package nestor.laws;

import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.vjp;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Value;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What would otherwise go wrong without a word.
class SilenceTest {
  private static final Tally TALLY = new Tally("silent errors");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  @Test
  void extremeIntegersHaveAMinimum() {
    for (String name : List.of("reference", "cpu")) {
      Backend backend = Backend.named(name);
      Tensor longs = Tensor.of(3L, Long.MIN_VALUE, Long.MAX_VALUE).on(backend);
      TALLY.equal(Long.MIN_VALUE, longs.min().toLongs()[0]);
      TALLY.equal(Long.MAX_VALUE, longs.max().toLongs()[0]);
      TALLY.equal(1L, longs.argmin(0).toLongs()[0]);
      Tensor ints = Tensor.of(3, Integer.MIN_VALUE, Integer.MAX_VALUE).on(backend);
      TALLY.equal(Integer.MIN_VALUE, ints.min().toInts()[0]);
      TALLY.equal(3L, Tensor.of(Long.MAX_VALUE, 3L).on(backend).min().toLongs()[0]);
    }
  }

  @Test
  void javaNumbersThatAnIntegerTypeLacksAreRefused() {
    Tensor ints = Tensor.of(0L, 1L);
    List<UnaryOperator<Tensor>> wrong =
        List.of(
            x -> x.plus(0.5),
            x -> x.minus(0.5),
            x -> x.times(0.5),
            x -> x.maximum(0.5),
            x -> x.less(0.5),
            x -> x.greater(0.5),
            x -> x.clip(0.5, 0.6));
    wrong.forEach(f -> TALLY.fails(() -> f.apply(ints), "0.5", "int64"));
    TALLY.equal(2L, ints.plus(1).toLongs()[1]);
  }

  @Test
  void hessiansNeedASingleNumber() {
    Tensor x = Tensor.of(1., 2.);
    TALLY.fails(() -> hvp((Tensor y) -> y.square(), x, x), "hvp", "float64[2]");
    TALLY.fails(() -> hvp((Tensor y) -> y.argmax(0), x, x), "hvp", "int64[]");
  }

  /// Otherwise what is computed from gradients alone would run on the default backend.
  @Test
  void gradientsStayOnTheBackendOfTheirParameters() {
    Backend reference = Backend.named("reference");
    Tensor x = Tensor.of(1., 2.).on(reference);
    List<Tensor> gradients =
        List.of(
            grad((Tensor y) -> y.sum(), x),
            grad((Tensor y) -> y.times(2).sum(), x),
            grad((Tensor y) -> y.take(Tensor.of(1L), 0).sum(), x),
            hvp((Tensor y) -> y.sum(), x, x),
            vjp((Tensor y) -> Tensor.scalar(1), x).pullback().apply(Tensor.scalar(1)),
            x.zerosLike(),
            x.onesLike());
    for (Tensor gradient : gradients) {
      TALLY.equal(Optional.of(reference), ((Value) gradient).backend());
    }
    TALLY.equal(DType.FLOAT64, gradients.getFirst().dtype());
  }
}
