package nestor.autodiff.cpu.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import nestor.autodiff.cpu.functions.Elementary.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The float32 functions over arrays, held to those of one number, which [FloatFunctionsTest] holds
/// to the generic ones.
final class FloatElementaryTest {
  /// A prime: neighbours share a binade, so that whole vectors meet each path.
  private static final int STEP = 19_997;

  private static final int RANDOM = 50_000;

  @ParameterizedTest
  @EnumSource(Function.class)
  void vectorBitsEqualScalarBits(Function function) {
    float[] x = arguments();
    float[] scalar = new float[x.length];
    float[] vector = new float[x.length];
    FloatElementary.apply(function, x, scalar, 0, x.length);
    VectorFloatElementary.apply(function, x, vector, 0, x.length);
    for (int i = 0; i < x.length; i++) {
      int expected = Float.floatToRawIntBits(FloatElementary.at(function, x[i]));
      if (Float.floatToRawIntBits(scalar[i]) != expected
          || Float.floatToRawIntBits(vector[i]) != expected) {
        float value = Float.intBitsToFloat(expected);
        String name = function + "(" + Float.toHexString(x[i]) + ")";
        assertEquals(Float.toHexString(value), Float.toHexString(scalar[i]), name);
        assertEquals(Float.toHexString(value), Float.toHexString(vector[i]), name);
        assertEquals(expected, Float.floatToRawIntBits(scalar[i]), name);
        assertEquals(expected, Float.floatToRawIntBits(vector[i]), name);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Function.class)
  void onlyTheRangeIsWrittenAndTheArrayMayBeItsOwnResult(Function function) {
    float[] x = new float[70];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 17 == 16 ? 1e30f : 0.25f + 0.125f * i;
    }
    for (int from = 0; from < 3; from++) {
      for (int to = from; to <= x.length; to++) {
        float[] y = x.clone();
        float[] z = x.clone();
        FloatElementary.apply(function, y, y, from, to);
        VectorFloatElementary.apply(function, z, z, from, to);
        for (int i = 0; i < x.length; i++) {
          boolean inside = i >= from && i < to;
          float expected = inside ? FloatElementary.at(function, x[i]) : x[i];
          String name = function + "(" + x[i] + ") in " + from + " to " + to;
          assertEquals(expected, y[i], 0, name);
          assertEquals(expected, z[i], 0, name);
        }
      }
    }
  }

  private static float[] arguments() {
    float[] boundaries = FloatFunctionsTest.BOUNDARIES;
    int near = FloatFunctionsTest.NEAR;
    int swept = (int) ((1L << 32) / STEP);
    float[] x = new float[swept + RANDOM + boundaries.length * 4 * near + 5];
    int size = 0;
    while (size < swept) {
      x[size] = Float.intBitsToFloat(size * STEP);
      size++;
    }
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < RANDOM; i++) {
      x[size++] = Float.intBitsToFloat(random.nextInt());
    }
    for (float boundary : boundaries) {
      for (int i = -near; i < near; i++) {
        float one = Float.intBitsToFloat(Float.floatToRawIntBits(boundary) + i);
        x[size++] = one;
        x[size++] = -one;
      }
    }
    return x;
  }
}
