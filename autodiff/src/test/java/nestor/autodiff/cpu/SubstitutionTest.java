package nestor.autodiff.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import nestor.autodiff.MatMul.Side;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every system is solved to the bits of its definition, with vectors or without.
class SubstitutionTest {
  private static final int SYSTEMS = 3;

  @ParameterizedTest
  @CsvSource({
    "1, 1", "2, 3", "5, 1", "7, 40", "16, 3", "16, 16", "16, 194", "17, 5", "30, 33", "64, 64"
  })
  void everyElementIsOneChainInTheOrderOfTheRows(int n, int p) {
    Random random = new Random(n * 1000L + p);
    double[] l = random.doubles((long) SYSTEMS * n * n, -0.5, 0.5).toArray();
    double[] y = random.doubles((long) SYSTEMS * n * p, -1, 1).toArray();
    try (Workers workers = Workers.of(2)) {
      for (Side side : Side.values()) {
        Substitution solver = new Substitution(n, p, side);
        double[] z = y.clone();
        solver.run(workers, SYSTEMS, l, z);
        assertArrayEquals(chains(n, p, side, l, y), z, side.toString());
        float[] single = floats(y);
        solver.run(workers, SYSTEMS, floats(l), single);
        assertArrayEquals(chains(n, p, side, floats(l), floats(y)), single, side.toString());
      }
    }
  }

  private static float[] floats(double[] x) {
    float[] out = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = (float) x[i];
    }
    return out;
  }

  private static double[] chains(int n, int p, Side side, double[] l, double[] y) {
    double[] z = y.clone();
    for (int s = 0; s < SYSTEMS; s++) {
      for (int step = 1; step < n; step++) {
        for (int before = 0; before < step; before++) {
          int i = side == Side.PLAIN ? step : n - 1 - step;
          int k = side == Side.PLAIN ? before : n - 1 - before;
          double factor = l[s * n * n + (side == Side.PLAIN ? i * n + k : k * n + i)];
          for (int j = 0; j < p; j++) {
            int at = (s * n + i) * p + j;
            z[at] = Math.fma(-factor, z[(s * n + k) * p + j], z[at]);
          }
        }
      }
    }
    return z;
  }

  private static float[] chains(int n, int p, Side side, float[] l, float[] y) {
    float[] z = y.clone();
    for (int s = 0; s < SYSTEMS; s++) {
      for (int step = 1; step < n; step++) {
        for (int before = 0; before < step; before++) {
          int i = side == Side.PLAIN ? step : n - 1 - step;
          int k = side == Side.PLAIN ? before : n - 1 - before;
          float factor = l[s * n * n + (side == Side.PLAIN ? i * n + k : k * n + i)];
          for (int j = 0; j < p; j++) {
            int at = (s * n + i) * p + j;
            z[at] = Math.fma(-factor, z[(s * n + k) * p + j], z[at]);
          }
        }
      }
    }
    return z;
  }
}
