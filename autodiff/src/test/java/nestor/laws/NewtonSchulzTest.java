package nestor.laws;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.check.GradientCheck;
import nestor.autodiff.nn.NewtonSchulz;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [NewtonSchulz] keeps singular vectors and brings singular values into known bands.
class NewtonSchulzTest {
  private static final Tally TALLY =
      new Tally("Newton-Schulz against singular value decompositions");
  private static final Key KEY = Key.of(41);
  private static final double TINY = 1e-7;
  private static final List<UnaryOperator<Tensor>> BOTH =
      List.of(NewtonSchulzTest::cubic, NewtonSchulzTest::quintic);
  private static final int[][] SHAPES = {{6, 4}, {4, 6}, {5, 5}, {1, 7}, {7, 1}, {2, 30}};

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor cubic(Tensor x) {
    return NewtonSchulz.cubic(x, 5, TINY);
  }

  private static Tensor quintic(Tensor x) {
    return NewtonSchulz.quintic(x, 5, TINY);
  }

  private static Tensor random(int... shape) {
    return KEY.fold(shape[0]).fold(shape[1]).normal(DType.FLOAT64, shape);
  }

  private static RealMatrix matrix(Tensor x) {
    return new Array2DRowRealMatrix((double[][]) x.toArray());
  }

  /// A matrix of norm 1 with these singular values, up to their common factor.
  private static Tensor withValues(Key key, double... values) {
    int n = values.length;
    var svd = new SingularValueDecomposition(matrix(key.normal(DType.FLOAT64, n, n)));
    double norm = Math.sqrt(DoubleStream.of(values).map(v -> v * v).sum());
    double[][] middle = new double[n][n];
    for (int i = 0; i < n; i++) {
      middle[i][i] = values[i] / norm;
    }
    RealMatrix product =
        svd.getU().multiply(new Array2DRowRealMatrix(middle)).multiply(svd.getVT());
    return Tensor.fromArray(product.getData());
  }

  private static double[] values(Tensor x) {
    return new SingularValueDecomposition(matrix(x)).getSingularValues();
  }

  /// What one singular value becomes, without matrices.
  private static double cubic(double sigma) {
    double s = sigma;
    for (int i = 0; i < 5; i++) {
      s = 1.5 * s - 0.5 * s * s * s;
    }
    return s;
  }

  private static double quintic(double sigma) {
    double s = sigma;
    for (int i = 0; i < 5; i++) {
      s = 3.4445 * s - 4.7750 * Math.pow(s, 3) + 2.0315 * Math.pow(s, 5);
    }
    return s;
  }

  /// U diag(p(σ)) Vᵀ with the decomposition of x / (‖x‖ + eps).
  @Test
  void singularVectorsStayAndValuesFollowThePolynomial() {
    for (int[] shape : SHAPES) {
      Tensor x = random(shape);
      var svd = new SingularValueDecomposition(matrix(x));
      double norm = matrix(x).getFrobeniusNorm() + TINY;
      RealMatrix u = svd.getU();
      RealMatrix slow = svd.getS().copy();
      RealMatrix fast = svd.getS().copy();
      for (int i = 0; i < svd.getSingularValues().length; i++) {
        slow.setEntry(i, i, cubic(svd.getSingularValues()[i] / norm));
        fast.setEntry(i, i, quintic(svd.getSingularValues()[i] / norm));
      }
      RealMatrix vt = svd.getVT();
      Tensor expected = Tensor.fromArray(u.multiply(slow).multiply(vt).getData());
      TALLY.near(1e-11, expected, cubic(x));
      expected = Tensor.fromArray(u.multiply(fast).multiply(vt).getData());
      TALLY.near(1e-9, expected, quintic(x));
    }
  }

  /// From 0.11 of the norm to at least 0.70, and never above 1.
  @Test
  void cubicValuesEndInTheirBand() {
    for (int i = 0; i < 20; i++) {
      double low = 0.11 * Math.pow(1.3, i % 8);
      double[] start = {1, low, 0.05, 0.5, 0.01};
      Tensor x = withValues(KEY.fold(i), start);
      double[] before = values(x);
      double[] after = values(cubic(x));
      TALLY.one(Arrays.stream(after).allMatch(s -> s <= 1 + 1e-12), Arrays.toString(after));
      long high = Arrays.stream(before).filter(s -> s >= 0.11).count();
      TALLY.one(
          Arrays.stream(after).filter(s -> s >= 0.70).count() >= high,
          Arrays.toString(before) + " became " + Arrays.toString(after));
    }
    TALLY.one(cubic(0.10) < 0.70, "the band begins no earlier");
  }

  /// From 0.003 of the norm into [0.68, 1.21].
  @Test
  void quinticValuesEndInTheirBand() {
    for (int i = 0; i < 20; i++) {
      double low = 0.0045 * Math.pow(1.2, i);
      Tensor x = withValues(KEY.fold(i), 1, low, 0.7, 0.02, 0.3);
      TALLY.one(values(x)[4] >= 0.003, "the smallest is " + values(x)[4]);
      double[] after = values(quintic(x));
      TALLY.one(Arrays.stream(after).allMatch(s -> s >= 0.68 && s <= 1.21), Arrays.toString(after));
    }
    for (double sigma = 0.003; sigma <= 1; sigma *= 1.001) {
      double s = quintic(sigma);
      TALLY.one(s >= 0.68 && s <= 1.21, sigma + " becomes " + s);
    }
    TALLY.one(quintic(0.001) < 0.68, "values far below the band stay below");
  }

  @Test
  void sizesDoNotMatterAndTransposesPassThrough() {
    for (UnaryOperator<Tensor> ns : BOTH) {
      for (int[] shape : SHAPES) {
        Tensor x = random(shape);
        for (double factor : new double[] {1e-2, 7, 1e6}) {
          TALLY.near(1e-4, ns.apply(x), ns.apply(x.times(factor)));
        }
        TALLY.near(1e-12, ns.apply(x).transpose(), ns.apply(x.transpose()));
        TALLY.near(1e-12, ns.apply(x).neg(), ns.apply(x.neg()));
      }
    }
  }

  @Test
  void degenerateMatricesStayFinite() {
    for (UnaryOperator<Tensor> ns : BOTH) {
      for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
        for (int[] shape : SHAPES) {
          Tensor zero = Tensor.zeros(dtype, shape);
          TALLY.near(0, zero, ns.apply(zero));
          Tensor column = KEY.normal(dtype, shape[0], 1);
          Tensor rank1 = column.matmul(KEY.fold(1).normal(dtype, 1, shape[1]));
          for (Tensor x : List.of(zero, rank1, rank1.times(1e-12), rank1.times(1e12))) {
            var vjp = Transform.vjp(ns, x);
            finite(vjp.value());
            finite(vjp.pullback().apply(x.onesLike()));
          }
        }
      }
    }
  }

  private static void finite(Tensor x) {
    TALLY.one(Arrays.stream(x.toDoubles()).allMatch(Double::isFinite), x.toString());
  }

  /// A single row becomes its direction times p(1).
  @Test
  void rowsBecomeTheirDirections() {
    Tensor row = random(1, 7);
    Tensor direction = row.div(row.square().sum().sqrt());
    TALLY.near(1e-6, direction, cubic(row));
    TALLY.near(1e-6, direction.times(quintic(1)), quintic(row));
  }

  @Test
  void derivativesAreFiniteDifferences() {
    for (int[] shape : new int[][] {{3, 2}, {2, 3}}) {
      for (UnaryOperator<Tensor> ns : BOTH) {
        for (var result : new GradientCheck(1e-4, 1e-6).check(ns, random(shape), 2, KEY)) {
          TALLY.one(Math.abs(result.derivative()) > 1e-5, result.toString());
        }
      }
    }
  }
}
