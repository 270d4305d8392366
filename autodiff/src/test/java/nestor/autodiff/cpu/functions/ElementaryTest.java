package nestor.autodiff.cpu.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.SplittableRandom;
import nestor.autodiff.cpu.functions.Elementary.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ElementaryTest {
  /// The contract is 2 ulp. Over 120,000 points a function the largest errors seen lie between 0.7
  /// (cos) and 1.5 (softplus), so that 1.7 leaves room for unseen points but not for a mistake.
  private static final double MAX_ULP = 1.7;

  private static final int ORACLE_POINTS = 240;
  private static final int BIT_POINTS = 100_000;

  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    1,
    -1,
    0.5,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Double.MIN_NORMAL,
    -Double.MIN_NORMAL,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    Double.longBitsToDouble(0xfff8_0000_0000_1234L),
    709.782712893384,
    709.7827128933841,
    -745.1332191019411,
    -745.1332191019412,
    -708.3964185322641,
    0x1p-28,
    0x1p-54,
    0x1p20,
    0x1.0000000000001p20,
    0x1p1000,
    6,
    5.9999999999999991,
    0x1.fffffffffffffp-1,
    -0x1.fffffffffffffp-1,
    0x1.6a09e667f3bcdp-1,
    0x1.921fb54442d18p0,
    1e22,
  };

  @ParameterizedTest
  @EnumSource(Function.class)
  void errorsStayBelowTwoUlp(Function function) {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < ORACLE_POINTS; i++) {
      double x = argument(function, random, i);
      assertAccurate(function, x);
    }
  }

  /// The multiples of π/2 closest to a float64 number below the limit of the quick reduction, found
  /// by trying all 667,544 of them: 60 bits cancel, and all three parts of π/2 are needed.
  @ParameterizedTest
  @EnumSource(names = {"SIN", "COS"})
  void reductionSurvivesCancellationNearMultiplesOfHalfPi(Function function) {
    double[] nearest = {
      0x1.6c6cbc45dc8dep5, 0x1.6c6cbc45dc8dep6, 0x1.6c6cbc45dc8dep11, 0x1.39c6fd67805a7p18
    };
    for (double x : nearest) {
      assertAccurate(function, x);
      assertAccurate(function, -x);
    }
  }

  @ParameterizedTest
  @EnumSource(Function.class)
  void vectorBitsEqualScalarBits(Function function) {
    double[] x = arguments();
    double[] scalar = new double[x.length];
    double[] vector = new double[x.length];
    Elementary.apply(function, x, scalar, 0, x.length);
    VectorElementary.apply(function, x, vector, 0, x.length);
    for (int i = 0; i < x.length; i++) {
      if (Double.doubleToRawLongBits(scalar[i]) != Double.doubleToRawLongBits(vector[i])) {
        assertEquals(hex(scalar[i]), hex(vector[i]), function + "(" + hex(x[i]) + ")");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Function.class)
  void onlyTheRangeIsWrittenAndTheArrayMayBeItsOwnResult(Function function) {
    int size = 40;
    double[] x = new double[size];
    for (int i = 0; i < size; i++) {
      x[i] = 0.25 + 0.125 * i;
    }
    for (int from = 0; from < 3; from++) {
      for (int to = from; to <= size; to++) {
        double[] y = x.clone();
        VectorElementary.apply(function, y, y, from, to);
        for (int i = 0; i < size; i++) {
          boolean inside = i >= from && i < to;
          String name = function + "(" + x[i] + ") in " + from + " to " + to;
          assertEquals(inside ? Elementary.at(function, x[i]) : x[i], y[i], 0, name);
        }
      }
    }
  }

  @Test
  void limitsAndZerosAreThoseOfIeee754() {
    double infinity = Double.POSITIVE_INFINITY;
    double nan = Double.NaN;
    // At −∞, −0, +0 and +∞.
    assertExact(Function.EXP, 0, 1, 1, infinity);
    assertExact(Function.EXPM1, -1, -0.0, 0.0, infinity);
    assertExact(Function.LOG, nan, -infinity, -infinity, infinity);
    assertExact(Function.LOG1P, nan, -0.0, 0.0, infinity);
    assertExact(Function.SIN, nan, -0.0, 0.0, nan);
    assertExact(Function.COS, nan, 1, 1, nan);
    assertExact(Function.TANH, -1, -0.0, 0.0, 1);
    assertExact(Function.SIGMOID, 0, 0.5, 0.5, 1);
    assertExact(Function.SOFTPLUS, 0, Math.log(2), Math.log(2), infinity);
    assertExact(Function.ERF, -1, -0.0, 0.0, 1);
    assertEquals(nan, Elementary.log(-Double.MIN_VALUE), 0, "LOG just below 0");
    assertEquals(-infinity, Elementary.log1p(-1), 0, "LOG1P(-1)");
    assertEquals(nan, Elementary.log1p(Math.nextDown(-1.0)), 0, "LOG1P just below -1");
    assertEquals(infinity, Elementary.exp(709.782712893384 + 0x1p-42), 0, "EXP's overflow");
    assertEquals(Double.MIN_VALUE, Elementary.exp(-745.1332191019411), 0, "EXP's least value");
    assertEquals(0, Elementary.exp(-745.1332191019412), 0, "EXP's underflow");
    for (Function function : Function.values()) {
      double value = Elementary.at(function, Double.longBitsToDouble(0xfff8_0000_0000_1234L));
      assertEquals(hex(nan), hex(value), function + "(NaN)");
      assertEquals(
          Double.doubleToRawLongBits(nan), Double.doubleToRawLongBits(value), function + "(NaN)");
    }
  }

  private static void assertAccurate(Function function, double x) {
    double actual = Elementary.at(function, x);
    BigDecimal expected = Oracle.value(function, x);
    double ulp = Math.ulp(expected.doubleValue());
    BigDecimal error = new BigDecimal(actual).subtract(expected).abs();
    double ulps = error.divide(new BigDecimal(ulp), MathContext.DECIMAL32).doubleValue();
    assertTrue(ulps <= MAX_ULP, () -> function + "(" + x + ") is off by " + ulps + " ulp");
  }

  private static void assertExact(
      Function function, double below, double minusZero, double plusZero, double above) {
    double[] expected = {below, minusZero, plusZero, above};
    double[] x = {Double.NEGATIVE_INFINITY, -0.0, 0.0, Double.POSITIVE_INFINITY};
    for (int i = 0; i < x.length; i++) {
      assertEquals(
          hex(expected[i]), hex(Elementary.at(function, x[i])), function + "(" + x[i] + ")");
    }
  }

  private static String hex(double x) {
    return Double.toHexString(x);
  }

  /// Arguments of all kinds. Sixteen neighbours share a kind, so that whole vectors meet each path.
  private static double[] arguments() {
    SplittableRandom random = new SplittableRandom(2);
    double[] x = new double[BIT_POINTS + 5];
    System.arraycopy(SPECIAL, 0, x, 0, SPECIAL.length);
    for (int i = SPECIAL.length; i < x.length; i++) {
      double unit = random.nextDouble();
      double signed = 2 * unit - 1;
      int power = random.nextInt(-60, 20);
      x[i] =
          switch ((i / 16) % 10) {
            case 0 -> Double.longBitsToDouble(random.nextLong());
            case 1 -> SPECIAL[random.nextInt(SPECIAL.length)];
            case 2 -> Math.scalb(signed, power);
            case 3 -> Math.scalb(unit, power);
            case 4 -> signed;
            case 5 -> 2.5 * signed;
            case 6 -> 20 * signed;
            case 7 -> 760 * signed;
            case 8 -> 3 * unit;
            default -> Math.scalb(1 + unit, random.nextInt(-1022, 1000));
          };
    }
    return x;
  }

  /// A random argument at which the function is neither trivial nor out of range.
  private static double argument(Function function, SplittableRandom random, int i) {
    double unit = random.nextDouble();
    double signed = 2 * unit - 1;
    double tiny = Math.scalb(signed, -random.nextInt(1, 60));
    int kind = i % 6;
    return switch (function) {
      case EXP ->
          pick(kind, tiny, signed, 20 * signed, 700 * signed, -708 - 37 * unit, 709 + unit / 2);
      case EXPM1 -> pick(kind, tiny, signed, 1.5 * signed, 3 * signed, 40 * signed, 709.7 * unit);
      case LOG ->
          pick(
              kind,
              1 + tiny,
              0.5 + unit,
              30 * unit,
              1 + 0.1 * signed,
              Math.scalb(1 + unit, random.nextInt(-1022, 1023)),
              Math.scalb(unit, -1022));
      case LOG1P ->
          pick(
              kind,
              tiny,
              0.9 * signed,
              3 * unit,
              0.5 * signed,
              Math.scalb(1 + unit, -random.nextInt(2, 52)) - 1,
              Math.scalb(1 + unit, random.nextInt(1023)));
      case SIN, COS ->
          pick(
              kind,
              tiny,
              1.6 * signed,
              40 * signed,
              0x1p20 * signed,
              Math.rint(600_000 * signed) * (Math.PI / 2),
              1e15 * signed);
      case TANH -> pick(kind, tiny, 0.5 * signed, signed, 3 * signed, 0.7 * unit, 22 * signed);
      case SIGMOID, SOFTPLUS ->
          pick(kind, tiny, -3 * unit, 6 * signed, 40 * signed, -60 * unit, -745 * unit);
      case ERF -> pick(kind, tiny, signed, 1.5 * signed, 1 + unit, 3 * signed, 6 * signed);
    };
  }

  private static double pick(int index, double... values) {
    return values[index];
  }

  /// The same functions from their power series, in decimal arithmetic of 60 digits or more.
  private static final class Oracle {
    private static final MathContext MC = new MathContext(60);
    private static final MathContext LONG = new MathContext(120);
    private static final BigDecimal ONE = BigDecimal.ONE;
    private static final BigDecimal TWO = BigDecimal.TWO;
    private static final BigDecimal PI =
        inverseArctangent(5)
            .multiply(new BigDecimal(16))
            .subtract(inverseArctangent(239).multiply(new BigDecimal(4)));

    private Oracle() {}

    static BigDecimal value(Function function, double argument) {
      BigDecimal x = new BigDecimal(argument);
      return switch (function) {
        case EXP -> exp(x);
        case EXPM1 -> expm1(x);
        case LOG -> log(x, Math.log(argument));
        case LOG1P -> log1p(x);
        case SIN -> sine(x, 0);
        case COS -> sine(x, 1);
        case TANH -> {
          BigDecimal e = expm1(x.multiply(TWO));
          yield e.divide(e.add(TWO), MC);
        }
        case SIGMOID -> ONE.divide(exp(x.negate()).add(ONE), MC);
        case SOFTPLUS -> x.max(BigDecimal.ZERO).add(log1p(exp(x.abs().negate())));
        case ERF -> erf(x);
      };
    }

    private static BigDecimal exp(BigDecimal x) {
      BigDecimal root = series(x.divide(new BigDecimal(4096), MC), 0);
      return root.pow(4096, MC);
    }

    private static BigDecimal expm1(BigDecimal x) {
      boolean small = x.abs().compareTo(ONE) < 0;
      return small ? series(x.round(MC), 1) : exp(x).subtract(ONE);
    }

    /// The sum of x^n/n! from the first n on.
    private static BigDecimal series(BigDecimal x, int first) {
      BigDecimal term = first == 0 ? ONE : x;
      BigDecimal sum = term;
      for (int n = first + 1; n < 60; n++) {
        term = term.multiply(x, MC).divide(new BigDecimal(n), MC);
        sum = sum.add(term, MC);
      }
      return sum;
    }

    /// Two of Halley's steps, each of which triples the estimate's 15 digits.
    private static BigDecimal log(BigDecimal x, double estimate) {
      BigDecimal y = new BigDecimal(estimate);
      for (int step = 0; step < 2; step++) {
        BigDecimal e = exp(y);
        y = y.add(x.subtract(e).multiply(TWO).divide(x.add(e), MC), LONG);
      }
      return y;
    }

    private static BigDecimal log1p(BigDecimal x) {
      if (x.abs().doubleValue() > 1e-12) {
        return log(x.add(ONE), Math.log1p(x.doubleValue()));
      }
      BigDecimal square = x.multiply(x, MC);
      return x.subtract(square.divide(TWO, MC))
          .add(square.multiply(x).divide(new BigDecimal(3), MC), LONG);
    }

    /// sin(x + turns·π/2).
    private static BigDecimal sine(BigDecimal x, int turns) {
      BigDecimal halfPi = PI.divide(TWO, LONG);
      BigDecimal n = x.divide(halfPi, LONG).setScale(0, RoundingMode.HALF_EVEN);
      BigDecimal r = x.subtract(n.multiply(halfPi)).round(MC);
      int quadrant = n.toBigInteger().intValue() + turns;
      BigDecimal term = (quadrant & 1) == 0 ? r : ONE;
      BigDecimal minusSquare = r.multiply(r, MC).negate();
      BigDecimal sum = term;
      for (int k = 2 + ((quadrant + 1) & 1); k < 60; k += 2) {
        term = term.multiply(minusSquare, MC).divide(new BigDecimal(k * (k - 1)), MC);
        sum = sum.add(term, MC);
      }
      return (quadrant & 2) == 0 ? sum : sum.negate();
    }

    /// 2/√π·e^-x²·Σ 2ⁿx²ⁿ⁺¹/(1·3·…·(2n + 1)), whose terms all have one sign.
    private static BigDecimal erf(BigDecimal exact) {
      BigDecimal x = exact.round(MC);
      BigDecimal doubledSquare = x.multiply(x, MC).multiply(TWO, MC);
      BigDecimal term = x;
      BigDecimal sum = x;
      for (int n = 1; n < 220 && term.abs().compareTo(sum.abs().movePointLeft(40)) > 0; n++) {
        term = term.multiply(doubledSquare, MC).divide(new BigDecimal(2 * n + 1), MC);
        sum = sum.add(term, MC);
      }
      BigDecimal scale = TWO.divide(PI.sqrt(MC), MC);
      return sum.multiply(scale, MC).multiply(exp(x.multiply(x, MC).negate()), MC);
    }

    /// arctan(1/n).
    private static BigDecimal inverseArctangent(int n) {
      BigDecimal square = new BigDecimal(n * n);
      BigDecimal power = ONE.divide(new BigDecimal(n), LONG);
      BigDecimal sum = power;
      for (int k = 3; k < 180; k += 2) {
        power = power.divide(square, LONG).negate();
        sum = sum.add(power.divide(new BigDecimal(k), LONG));
      }
      return sum;
    }
  }
}
