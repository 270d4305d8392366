package nestor.meta;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// Matrices as arrays of rows, with loops: what optimizers of matrices are checked against.
final class Naive {
  private Naive() {}

  static double[][] random(Key key, int rows, int columns) {
    return (double[][]) key.normal(DType.FLOAT64, rows, columns).toArray();
  }

  static Tensor tensor(double[][] m) {
    return Tensor.fromArray(m);
  }

  static double[][] zeros(double[][] like) {
    return new double[like.length][like[0].length];
  }

  static double[][] identity(int n, double value) {
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      out[i][i] = value;
    }
    return out;
  }

  /// a · x + b · y.
  static double[][] sum(double a, double[][] x, double b, double[][] y) {
    double[][] out = zeros(x);
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[0].length; j++) {
        out[i][j] = a * x[i][j] + b * y[i][j];
      }
    }
    return out;
  }

  static double[][] times(double[][] x, double[][] y) {
    double[][] out = new double[x.length][y[0].length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < y[0].length; j++) {
        for (int k = 0; k < y.length; k++) {
          out[i][j] += x[i][k] * y[k][j];
        }
      }
    }
    return out;
  }

  static double[][] transpose(double[][] x) {
    double[][] out = new double[x[0].length][x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[0].length; j++) {
        out[j][i] = x[i][j];
      }
    }
    return out;
  }

  static double norm(double[][] x) {
    double square = 0;
    for (double[] row : x) {
      for (double value : row) {
        square += value * value;
      }
    }
    return Math.sqrt(square);
  }

  /// x ∘ x.
  static double[][] square(double[][] x) {
    double[][] out = zeros(x);
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[0].length; j++) {
        out[i][j] = x[i][j] * x[i][j];
      }
    }
    return out;
  }

  /// x / (√v + epsilon), element by element.
  static double[][] scaled(double[][] x, double[][] v, double epsilon) {
    double[][] out = zeros(x);
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[0].length; j++) {
        out[i][j] = x[i][j] / (Math.sqrt(v[i][j]) + epsilon);
      }
    }
    return out;
  }

  /// Five quintic Newton–Schulz iterations on x / (‖x‖ + 1e-7), transposed when rows > columns.
  static double[][] orthogonal(double[][] x) {
    if (x.length > x[0].length) {
      return transpose(orthogonal(transpose(x)));
    }
    double[][] y = sum(1 / (norm(x) + 1e-7), x, 0, x);
    for (int i = 0; i < 5; i++) {
      double[][] a = times(y, transpose(y));
      y = sum(3.4445, y, 1, times(sum(-4.7750, a, 2.0315, times(a, a)), y));
    }
    return y;
  }
}
