package nestor.cms;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.Tensor;

/// What [OnlineCms] does for one sample of [ResidualMlp]s and gradient descent, in loops over
/// numbers with the derivatives written out.
final class NaiveCms {
  /// How the outputs of the blocks become one.
  enum Form {
    CHAIN,
    SIDE_BY_SIDE
  }

  /// The matrices A `[width][hidden]` and B `[hidden][width]`.
  record Mlp(double[][] a, double[][] b) {
    Mlp copy() {
      return new Mlp(copyOf(a), copyOf(b));
    }

    Mlp zeros() {
      return new Mlp(new double[a.length][a[0].length], new double[b.length][b[0].length]);
    }

    private static double[][] copyOf(double[][] m) {
      return java.util.Arrays.stream(m).map(double[]::clone).toArray(double[][]::new);
    }

    void add(Mlp other, double factor) {
      for (int i = 0; i < a.length; i++) {
        for (int j = 0; j < b.length; j++) {
          a[i][j] += factor * other.a[i][j];
          b[j][i] += factor * other.b[j][i];
        }
      }
    }
  }

  final List<Mlp> blocks;
  final List<double[]> outputs = new ArrayList<>();
  final int[] writes;
  private final Form form;
  private final double[] mixture;
  private final int[] periods;
  private final double[] rates;
  private final InnerLevels inner;

  NaiveCms(
      List<Mlp> blocks,
      Form form,
      double[] mixture,
      int[] periods,
      double[] rates,
      InnerLevels inner) {
    this.blocks = new ArrayList<>(blocks.stream().map(Mlp::copy).toList());
    this.form = form;
    this.mixture = mixture;
    this.periods = periods;
    this.rates = rates;
    this.inner = inner;
    this.writes = new int[periods.length];
  }

  static Mlp of(Block block) {
    ResidualMlp mlp = (ResidualMlp) block;
    return new Mlp((double[][]) mlp.a().toArray(), (double[][]) mlp.b().toArray());
  }

  void run(double[][] x, double[][] target) {
    int levels = blocks.size();
    // held.get(l).get(j): what level l takes block j to be, j ≤ l
    List<List<Mlp>> held = new ArrayList<>();
    List<List<Mlp>> sums = new ArrayList<>();
    int[] waited = new int[levels];
    for (int l = 0; l < levels; l++) {
      held.add(
          new ArrayList<>(
              IntStream.rangeClosed(0, l).mapToObj(j -> blocks.get(j).copy()).toList()));
      sums.add(
          new ArrayList<>(
              IntStream.rangeClosed(0, l).mapToObj(j -> blocks.get(j).zeros()).toList()));
    }
    for (int t = 0; t < x.length; t++) {
      List<Mlp> gradient = token(x[t], target[t]);
      for (int l = 0; l < levels; l++) {
        waited[l]++;
        for (int j = 0; j <= l; j++) {
          sums.get(l).get(j).add(gradient.get(j), 1);
        }
      }
      for (int l = 0; l < levels; l++) {
        if (periods[l] == 0 || waited[l] < periods[l]) {
          continue;
        }
        writes[l]++;
        waited[l] = 0;
        int from = inner == InnerLevels.RESET ? 0 : l;
        for (int j = from; j <= l; j++) {
          held.get(l).get(j).add(sums.get(l).get(j), -rates[l]);
        }
        for (int j = 0; j <= l; j++) {
          sums.get(l).set(j, blocks.get(j).zeros());
        }
        for (int j = from; j < l; j++) {
          if (periods[j] == 0) {
            continue;
          }
          waited[j] = 0;
          for (int i = 0; i <= j; i++) {
            held.get(j).set(i, held.get(l).get(i).copy());
            sums.get(j).set(i, blocks.get(i).zeros());
          }
        }
      }
      for (int l = 0; l < levels; l++) {
        blocks.set(l, held.get(l).get(l).copy());
      }
    }
  }

  /// Reads a token, and gives the gradients of ½ |y − target|².
  private List<Mlp> token(double[] x, double[] target) {
    List<double[]> inputs = new ArrayList<>();
    double[] y = form == Form.CHAIN ? x.clone() : new double[x.length];
    for (int l = 0; l < blocks.size(); l++) {
      double[] in = form == Form.CHAIN ? y : x;
      inputs.add(in);
      double[] out = apply(blocks.get(l), in);
      if (form == Form.CHAIN) {
        y = out;
      } else {
        for (int i = 0; i < y.length; i++) {
          y[i] += mixture[l] * out[i];
        }
      }
    }
    outputs.add(y);
    double[] error = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      error[i] = y[i] - target[i];
    }
    List<Mlp> gradients = new ArrayList<>(blocks);
    for (int l = blocks.size() - 1; l >= 0; l--) {
      double[] out = error.clone();
      if (form == Form.SIDE_BY_SIDE) {
        for (int i = 0; i < out.length; i++) {
          out[i] *= mixture[l];
        }
      }
      Mlp gradient = blocks.get(l).zeros();
      double[] in = pull(blocks.get(l), inputs.get(l), out, gradient);
      gradients.set(l, gradient);
      if (form == Form.CHAIN) {
        error = in;
      }
    }
    return gradients;
  }

  private static double[] apply(Mlp mlp, double[] x) {
    double[] y = x.clone();
    for (int h = 0; h < mlp.b.length; h++) {
      double z = dot(mlp.b[h], x);
      for (int i = 0; i < x.length; i++) {
        y[i] += mlp.a[i][h] * z * normal(z);
      }
    }
    return y;
  }

  /// The cotangent of the input; puts those of the matrices into `gradient`.
  private static double[] pull(Mlp mlp, double[] x, double[] out, Mlp gradient) {
    double[] in = out.clone();
    for (int h = 0; h < mlp.b.length; h++) {
      double z = dot(mlp.b[h], x);
      double hidden = 0;
      for (int i = 0; i < x.length; i++) {
        gradient.a[i][h] = out[i] * z * normal(z);
        hidden += out[i] * mlp.a[i][h];
      }
      double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
      double slope = hidden * (normal(z) + z * density);
      for (int i = 0; i < x.length; i++) {
        gradient.b[h][i] = slope * x[i];
        in[i] += slope * mlp.b[h][i];
      }
    }
    return in;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double normal(double z) {
    return (1 + Tensor.scalar(z / Math.sqrt(2)).erf().item()) / 2;
  }
}
