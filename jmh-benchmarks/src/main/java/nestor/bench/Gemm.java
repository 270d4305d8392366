package nestor.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.train.Mode;

/// Products of two `float32` matrices; small ones are repeated within a step.
public final class Gemm implements Workload {
  private static final String NAME = "gemm";
  private static final double WORTH_A_STEP = 2e6; // FLOP

  private record Factors(Tensor a, Tensor b) {
    Tensor product() {
      return a.matmul(b);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    return List.of(
        at(32, 32, 32),
        at(64, 64, 64),
        at(128, 128, 128),
        at(256, 256, 256),
        at(512, 512, 512),
        at(1024, 1024, 1024),
        at(1, 32, 64),
        at(16, 256, 256),
        at(64, 784, 256));
  }

  /// `[m, k]` by `[k, n]`.
  public static Case at(int m, int k, int n) {
    return new Product(m, k, n);
  }

  private record Product(int m, int k, int n) implements Case {
    @Override
    public String workload() {
      return NAME;
    }

    private long flop() {
      return 2L * m * k * n;
    }

    private int repeat() {
      return Math.max(1, (int) (WORTH_A_STEP / flop()));
    }

    @Override
    public Map<String, Object> parameters() {
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("m", m);
      parameters.put("k", k);
      parameters.put("n", n);
      parameters.put("repeat", repeat());
      parameters.put("flop", flop() * repeat());
      return parameters;
    }

    @Override
    public double seconds() {
      return 1;
    }

    private Factors draw() {
      Key key = Key.of(0);
      return new Factors(
          key.fold(0).normal(DType.FLOAT32, m, k), key.fold(1).normal(DType.FLOAT32, k, n));
    }

    @Override
    public Cost cost() {
      return Cost.of(Transform.compile(Factors::product).plan(draw()), repeat());
    }

    @Override
    public Step start(Mode mode) {
      Factors factors = draw();
      Function<Factors, Tensor> product = mode.of(Factors::product);
      int repeat = repeat();
      return () -> {
        Tensor last = product.apply(factors);
        for (int i = 1; i < repeat; i++) {
          last = product.apply(factors);
        }
        return last;
      };
    }

    @Override
    public Deviation check(Mode mode) {
      Factors factors = draw();
      Tensor product = mode.of(Factors::product).apply(factors);
      double[] plain = plain(factors.a().toDoubles(), factors.b().toDoubles(), m, k, n);
      double error = Deviation.error(product.toDoubles(), plain);
      // an element sums k products of standard normal numbers, the largest is about 4 √k
      return new Deviation("", "a plain loop in double", error, Math.sqrt(k) * 1e-6);
    }
  }

  /// The product by its definition.
  static double[] plain(double[] a, double[] b, int m, int k, int n) {
    double[] c = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int l = 0; l < k; l++) {
        double factor = a[i * k + l];
        for (int j = 0; j < n; j++) {
          c[i * n + j] += factor * b[l * n + j];
        }
      }
    }
    return c;
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Factors factors = new Factors(Draws.wave(100, 1, dtype, 3, 5), Draws.wave(101, 1, dtype, 5, 4));
    return Map.of("product", mode.of(Factors::product).apply(factors));
  }
}
