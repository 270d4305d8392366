package nestor.laws;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.stream.LongStream;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What the laws over samples cannot show: derivatives at kinks and ties, and operators on integers
/// and truth values, for which all backends run one definition.
class DefinitionTest {
  private static final Tally TALLY = new Tally("definitions at kinks and on integers");
  private static final long MIN = Long.MIN_VALUE;
  private static final long MAX = Long.MAX_VALUE;
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static void equal(List<?> expected, Tensor actual) {
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < actual.shape().size(); i++) {
      boolean truth = actual.dtype() == DType.BOOL;
      elements.add(truth ? (Object) actual.toBooleans()[i] : (Object) actual.toLongs()[i]);
    }
    TALLY.equal(expected, elements);
  }

  @Test
  void kinksHaveTheirDerivatives() {
    Tensor x = Tensor.of(0, -0.0, 2, -3);
    TALLY.near(0, Tensor.of(0., 0, 1, 0), grad((Tensor at) -> at.relu().sum(), x));
    TALLY.near(0, Tensor.of(0., -0.0, 1, -1), grad((Tensor at) -> at.abs().sum(), x));
    Tensor zero = Tensor.scalar(0);
    TALLY.near(0, 0, grad((Tensor b) -> zero.pow(b), Tensor.scalar(2)));
    TALLY.near(0, 1, grad((Tensor a) -> a.pow(1), zero));
    TALLY.near(0, 0, grad((Tensor a) -> a.pow(0), zero));
  }

  @Test
  void tiesShareTheGradientEqually() {
    Tensor a = Tensor.of(1., 2, 3);
    Tensor b = Tensor.of(1., 3, 2);
    Tensor ofLarger = Tensor.of(0.5, 0, 1);
    Tensor ofSmaller = Tensor.of(0.5, 1, 0);
    TALLY.sameBits(ofLarger, grad((Tensor x) -> x.maximum(b).sum(), a));
    TALLY.sameBits(ofSmaller, grad((Tensor x) -> a.maximum(x).sum(), b));
    TALLY.sameBits(ofSmaller, grad((Tensor x) -> x.minimum(b).sum(), a));
    TALLY.sameBits(ofLarger, grad((Tensor x) -> a.minimum(x).sum(), b));
    Tensor rows = Tensor.fromArray(new double[][] {{2, 1, 2}, {3, 0, -1}});
    TALLY.sameBits(
        Tensor.fromArray(new double[][] {{0.5, 0, 0.5}, {1, 0, 0}}),
        grad((Tensor x) -> x.max(1).sum(), rows));
  }

  private static void integers(
      BinaryOperator<Tensor> operator, LongBinaryOperator definition, long... right) {
    long[] left = {MIN, -9, -7, -1, 0, 1, 2, 5, MAX};
    for (long b : right) {
      equal(
          LongStream.of(left).map(a -> definition.applyAsLong(a, b)).boxed().toList(),
          operator.apply(Tensor.of(left), Tensor.of(b)));
    }
  }

  @Test
  void integersAreThoseOfJava() {
    integers(Tensor::plus, (a, b) -> a + b, -2, 0, 3, MAX);
    integers(Tensor::minus, (a, b) -> a - b, -2, 0, 3, MAX);
    integers(Tensor::times, (a, b) -> a * b, -2, 0, 3, MAX);
    integers(Tensor::maximum, Math::max, -2, 0, 3, MAX);
    integers(Tensor::minimum, Math::min, -2, 0, 3, MAX);
    integers(Tensor::floorDiv, Math::floorDiv, -2, -1, 1, 3, MAX);
    integers(Tensor::remainder, Math::floorMod, -2, -1, 1, 3, MAX);
    TALLY.fails(() -> Tensor.of(1L).floorDiv(Tensor.of(0L)), "divisor");
    TALLY.fails(() -> Tensor.of(1L).remainder(Tensor.of(0L)), "divisor");
    equal(List.of((long) Integer.MIN_VALUE), Tensor.of(Integer.MAX_VALUE).plus(Tensor.of(1)));
    equal(List.of(3L, 2L, 7L), Tensor.of(3L, -1, 5).cumsum(0));
  }

  @Test
  void truthValuesAreThoseOfJava() {
    Tensor a = Tensor.of(false, false, true, true);
    Tensor b = Tensor.of(false, true, false, true);
    equal(List.of(false, false, false, true), a.and(b));
    equal(List.of(false, true, true, true), a.or(b));
    equal(List.of(false, true, true, false), a.xor(b));
    equal(List.of(true, false, false, true), a.equal(b));
    equal(List.of(false, true, true, false), a.notEqual(b));
  }

  @Test
  void castsAreThoseOfJava() {
    Tensor x = Tensor.of(-1.7, -0.5, 0, 2.5, 3e9, 1e300, -INF, NAN);
    equal(List.of(-1L, 0L, 0L, 2L, 3_000_000_000L, MAX, MIN, 0L), x.cast(DType.INT64));
    long most = Integer.MAX_VALUE;
    long least = Integer.MIN_VALUE;
    equal(List.of(-1L, 0L, 0L, 2L, most, most, least, 0L), x.cast(DType.INT32));
    equal(List.of(true, true, false, true, true, true, true, true), x.cast(DType.BOOL));
    Tensor n = Tensor.of(-3L, 0, 1L << 32, most + 1);
    equal(List.of(-3L, 0L, 0L, least), n.cast(DType.INT32));
    equal(List.of(true, false, true, true), n.cast(DType.BOOL));
    equal(List.of(1L, 0L), Tensor.of(true, false).cast(DType.INT64));
    // rounded once, and not to a double first
    long odd = (1L << 60) + (1L << 36) + 1;
    TALLY.sameBits(Tensor.of((float) odd), Tensor.of(odd).cast(DType.FLOAT32));
  }

  @Test
  void equalsKeepTheirOrder() {
    Tensor x = Tensor.of(2, NAN, 0, 1, -0.0, 2, -INF, NAN, 1);
    equal(List.of(6L, 2L, 4L, 3L, 8L, 0L, 5L, 1L, 7L), x.argsort(0));
    equal(List.of(2L, 0L, 1L, 3L), Tensor.of(5L, 5, -1, 7).argsort(0));
    equal(List.of(1L, 3L, 0L, 2L), Tensor.of(true, false, true, false).argsort(0));
    equal(List.of(1L), x.argmax(0).reshape(1));
    equal(List.of(1L), x.argmin(0).reshape(1));
    Tensor ints = Tensor.of(2L, 7, -3, 7, -3);
    equal(List.of(1L), ints.argmax(0).reshape(1));
    equal(List.of(2L), ints.argmin(0).reshape(1));
  }
}
