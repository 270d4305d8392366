package nestor.autodiff.cpu;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Random;

/// What [MatMulTest] expects, by the definition of [MatrixProduct] alone.
final class NaiveProducts {
  private NaiveProducts() {}

  /// The product, chain by chain.
  static float[] naive(MatrixProduct s, float[] a, int aOff, float[] b, int bOff) {
    float[] c = new float[s.m() * s.n()];
    for (int i = 0; i < s.m(); i++) {
      for (int j = 0; j < s.n(); j++) {
        float[] chains = new float[s.m() == 1 || s.n() == 1 ? 16 : 1];
        for (int p = 0; p < s.k(); p++) {
          int l = p % chains.length;
          float x = a[aOff + i * s.aRow() + p * s.aCol()];
          chains[l] = Math.fma(x, b[bOff + p * s.bRow() + j * s.bCol()], chains[l]);
        }
        for (int distance = chains.length / 2; distance > 0; distance /= 2) {
          for (int l = 0; l < distance; l++) {
            chains[l] += chains[l + distance];
          }
        }
        c[i * s.n() + j] = chains[0];
      }
    }
    return c;
  }

  /// The product, chain by chain.
  static double[] naive(MatrixProduct s, double[] a, int aOff, double[] b, int bOff) {
    double[] c = new double[s.m() * s.n()];
    for (int i = 0; i < s.m(); i++) {
      for (int j = 0; j < s.n(); j++) {
        double[] chains = new double[s.m() == 1 || s.n() == 1 ? 16 : 1];
        for (int p = 0; p < s.k(); p++) {
          int l = p % chains.length;
          double x = a[aOff + i * s.aRow() + p * s.aCol()];
          chains[l] = Math.fma(x, b[bOff + p * s.bRow() + j * s.bCol()], chains[l]);
        }
        for (int distance = chains.length / 2; distance > 0; distance /= 2) {
          for (int l = 0; l < distance; l++) {
            chains[l] += chains[l + distance];
          }
        }
        c[i * s.n() + j] = chains[0];
      }
    }
    return c;
  }

  /// Values of both signs and several magnitudes, some of them zeros of either sign.
  static double[] doubles(int length) {
    var random = new Random(17 + length);
    double[] x = new double[length];
    for (int i = 0; i < length; i++) {
      double value = random.nextGaussian();
      x[i] = i % 11 == 0 ? Math.copySign(0, value) : value * Math.pow(10, random.nextInt(-3, 3));
    }
    return x;
  }

  /// [#doubles], rounded.
  static float[] floats(int length) {
    double[] wide = doubles(length);
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = (float) wide[i];
    }
    return x;
  }

  static void assertSameBits(
      float[] expected, int from, float[] actual, int at, int count, Object what) {
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToIntBits(expected[from + i]);
      if (bits != Float.floatToIntBits(actual[at + i])) {
        fail(what + " at " + i + ": " + expected[from + i] + " but " + actual[at + i]);
      }
    }
  }

  static void assertSameBits(
      double[] expected, int from, double[] actual, int at, int count, Object what) {
    for (int i = 0; i < count; i++) {
      long bits = Double.doubleToLongBits(expected[from + i]);
      if (bits != Double.doubleToLongBits(actual[at + i])) {
        fail(what + " at " + i + ": " + expected[from + i] + " but " + actual[at + i]);
      }
    }
  }
}
