package nestor.autodiff.cpu.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FloatFunctionsTest {
  private static final FloatNumbers NUMBERS = new FloatNumbers();

  /// Steps between the bit patterns tried, primes so that their last bits differ. With the first
  /// one a function sees 2 million arguments, 4196 from every binade.
  private static final int STEP = 1999;

  private static final int GENERIC_STEP = 199_999;

  /// How many neighbours on either side of a boundary are tried.
  static final int NEAR = 200;

  private static final float INFINITY = Float.POSITIVE_INFINITY;
  private static final float NAN = Float.NaN;

  /// Where a function changes its formula, saturates, or leaves the range of `float32`.
  static final float[] BOUNDARIES = {
    0,
    Float.MIN_NORMAL,
    Float.MAX_VALUE,
    0x1p-25f,
    0x1p-12f,
    0.34657359f,
    0.70710677f,
    1,
    1.5f,
    0x1.fp-1f,
    2,
    3.92f,
    3.93f,
    9.0109f,
    9.1f,
    16.635532f,
    17.32868f,
    20,
    64,
    87.33655f,
    88.72284f,
    89,
    103.97208f,
    104,
    0x1p16f,
    1.5707964f,
    3.1415927f,
    0x1p125f,
    0x1p126f,
    0x1p127f,
  };

  /// A function with the error that [FloatFunctions] states.
  private enum Function {
    EXP(0.90),
    EXPM1(1.55),
    LOG(0.92),
    LOG1P(1.46),
    TANH(1.93),
    SIGMOID(2.45),
    SOFTPLUS(2.09),
    ERF(1.76),
    SIN(1.55),
    COS(1.54);

    private final double bound;

    Function(double bound) {
      this.bound = bound;
    }

    float at(float x) {
      return switch (this) {
        case EXP -> FloatElementary.exp(x);
        case EXPM1 -> FloatElementary.expm1(x);
        case LOG -> FloatElementary.log(x);
        case LOG1P -> FloatElementary.log1p(x);
        case TANH -> FloatElementary.tanh(x);
        case SIGMOID -> FloatElementary.sigmoid(x);
        case SOFTPLUS -> FloatElementary.softplus(x);
        case ERF -> FloatElementary.erf(x);
        case SIN -> FloatElementary.sin(x);
        case COS -> FloatElementary.cos(x);
      };
    }

    float generic(float x) {
      return switch (this) {
        case EXP -> FloatFunctions.exp(NUMBERS, x);
        case EXPM1 -> FloatFunctions.expm1(NUMBERS, x);
        case LOG -> FloatFunctions.log(NUMBERS, x);
        case LOG1P -> FloatFunctions.log1p(NUMBERS, x);
        case TANH -> FloatFunctions.tanh(NUMBERS, x);
        case SIGMOID -> FloatFunctions.sigmoid(NUMBERS, x);
        case SOFTPLUS -> FloatFunctions.softplus(NUMBERS, x);
        case ERF -> FloatFunctions.erf(NUMBERS, x);
        case SIN -> FloatFunctions.sin(NUMBERS, x);
        case COS -> FloatFunctions.cos(NUMBERS, x);
      };
    }

    double exact(double x) {
      return switch (this) {
        case EXP -> Elementary.exp(x);
        case EXPM1 -> Elementary.expm1(x);
        case LOG -> Elementary.log(x);
        case LOG1P -> Elementary.log1p(x);
        case TANH -> Elementary.tanh(x);
        case SIGMOID -> Elementary.sigmoid(x);
        case SOFTPLUS -> Elementary.softplus(x);
        case ERF -> Elementary.erf(x);
        case SIN -> Elementary.sin(x);
        case COS -> Elementary.cos(x);
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Function.class)
  void errorsStayBelowTheirBounds(Function function) {
    double worst = 0;
    float where = 0;
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STEP) {
      float x = Float.intBitsToFloat((int) bits);
      double error = error(function, x);
      if (error > worst) {
        worst = error;
        where = x;
      }
    }
    for (float boundary : BOUNDARIES) {
      for (int i = -NEAR; i <= NEAR; i++) {
        float x = Float.intBitsToFloat(Float.floatToRawIntBits(boundary) + i);
        double error = Math.max(error(function, x), error(function, -x));
        if (error > worst) {
          worst = error;
          where = Math.abs(x);
        }
      }
    }
    String fault = "%s is off by %.3f ulp at ±%s".formatted(function, worst, where);
    assertTrue(worst <= function.bound, fault);
  }

  @ParameterizedTest
  @EnumSource(Function.class)
  void thePlainFormIsTheGenericOne(Function function) {
    for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += GENERIC_STEP) {
      assertSameForms(function, Float.intBitsToFloat((int) bits));
    }
    for (float boundary : BOUNDARIES) {
      for (int i = -NEAR; i <= NEAR; i++) {
        float x = Float.intBitsToFloat(Float.floatToRawIntBits(boundary) + i);
        assertSameForms(function, x);
        assertSameForms(function, -x);
      }
    }
  }

  @Test
  void limitsAndZerosAreThoseOfIeee754() {
    float ln2 = (float) Math.log(2);
    // At −∞, −0, +0 and +∞.
    assertExact(Function.EXP, 0, 1, 1, INFINITY);
    assertExact(Function.EXPM1, -1, -0.0f, 0, INFINITY);
    assertExact(Function.LOG, NAN, -INFINITY, -INFINITY, INFINITY);
    assertExact(Function.LOG1P, NAN, -0.0f, 0, INFINITY);
    assertExact(Function.TANH, -1, -0.0f, 0, 1);
    assertExact(Function.SIGMOID, 0, 0.5f, 0.5f, 1);
    assertExact(Function.SOFTPLUS, 0, ln2, ln2, INFINITY);
    assertExact(Function.ERF, -1, -0.0f, 0, 1);
    assertExact(Function.SIN, NAN, -0.0f, 0, NAN);
    assertExact(Function.COS, NAN, 1, 1, NAN);
  }

  @Test
  void rangesEndWhereThoseOfFloat32Do() {
    assertTrue(FloatElementary.exp(Math.nextDown(88.72284f)) < INFINITY);
    assertEquals(INFINITY, FloatElementary.exp(88.72284f));
    assertEquals(Float.MIN_VALUE, FloatElementary.exp(-103.97f));
    assertEquals(0, FloatElementary.exp(-103.98f));
    assertEquals(INFINITY, FloatElementary.expm1(88.72284f));
    assertEquals(NAN, FloatElementary.log(-Float.MIN_VALUE));
    assertEquals((float) (-149 * Math.log(2)), FloatElementary.log(Float.MIN_VALUE));
    assertEquals(-INFINITY, FloatElementary.log1p(-1));
    assertEquals(NAN, FloatElementary.log1p(Math.nextDown(-1)));
    assertEquals(Float.MIN_VALUE, FloatElementary.sigmoid(-103.97f));
    assertEquals(Float.MIN_VALUE, FloatElementary.softplus(-103.97f));
  }

  @ParameterizedTest
  @EnumSource
  void notANumberStaysOneInItsUsualForm(Function function) {
    for (int payload : new int[] {0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xffff_ffff}) {
      float y = function.at(Float.intBitsToFloat(payload));
      assertEquals(
          Integer.toHexString(Float.floatToRawIntBits(NAN)),
          Integer.toHexString(Float.floatToRawIntBits(y)),
          function + " of " + Integer.toHexString(payload));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TANH", "SIGMOID", "ERF", "SIN", "COS"})
  void nothingExceedsOne(Function function) {
    for (int bits = Float.floatToRawIntBits(1); bits < Float.floatToRawIntBits(32); bits += 11) {
      float x = Float.intBitsToFloat(bits);
      assertTrue(Math.abs(function.at(x)) <= 1, () -> function + "(" + x + ")");
      assertTrue(Math.abs(function.at(-x)) <= 1, () -> function + "(" + -x + ")");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TANH", "ERF", "SIN"})
  void oddFunctionsAreOddToTheBit(Function function) {
    for (int bits = 0; bits < Float.floatToRawIntBits(INFINITY); bits += GENERIC_STEP) {
      float x = Float.intBitsToFloat(bits);
      assertEquals(-function.at(x), function.at(-x), 0, () -> function + "(" + x + ")");
    }
  }

  private static void assertSameForms(Function function, float x) {
    float plain = function.at(x);
    float generic = function.generic(x);
    if (Float.floatToRawIntBits(plain) != Float.floatToRawIntBits(generic)) {
      assertEquals(
          Float.toHexString(generic),
          Float.toHexString(plain),
          function + "(" + Float.toHexString(x) + ")");
    }
  }

  private static void assertExact(
      Function function, float below, float minusZero, float plusZero, float above) {
    float[] expected = {below, minusZero, plusZero, above};
    float[] x = {-INFINITY, -0.0f, 0, INFINITY};
    for (int i = 0; i < x.length; i++) {
      assertEquals(expected[i], function.at(x[i]), function + "(" + x[i] + ")");
    }
  }

  /// In units of the last place that a `float32` of this size has. Infinity counts as the number
  /// that would follow the largest one.
  private static double error(Function function, float x) {
    double exact = function.exact(x);
    double y = function.at(x);
    if (Double.isNaN(exact) || Double.isNaN(y)) {
      return Double.isNaN(exact) && Double.isNaN(y) ? 0 : Double.POSITIVE_INFINITY;
    }
    double ulp = Math.clamp(Math.ulp(exact) * 0x1p29, Float.MIN_VALUE, 0x1p104);
    double difference = Math.clamp(y, -0x1p128, 0x1p128) - Math.clamp(exact, -0x1p128, 0x1p128);
    return Math.abs(difference) / ulp;
  }
}
