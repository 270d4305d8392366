package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.LayerNorm;
import nestor.hope.SequenceLayer.Out;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [Lstm] and [ShortConvolution] are their loops.
class RecurrentLayersTest {
  private static final Tally TALLY = new Tally("LSTMs and short convolutions against loops");
  private static final DType F64 = DType.FLOAT64;
  private static final int SAMPLES = 2;
  private static final int TIME = 7;
  private static final int WIDTH = Layers.WIDTH;
  private static final int HIDDEN = 3;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor random(String name, int... dims) {
    return Layers.KEY.fold(name).normal(F64, dims);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Test
  void lstmsAreTheirLoop() {
    Lstm lstm = Layers.random(Lstm.init(Layers.KEY, F64, WIDTH, HIDDEN));
    Tensor x = Layers.tokens(SAMPLES, TIME, WIDTH);
    Lstm.State state = new Lstm.State(random("h", SAMPLES, HIDDEN), random("c", SAMPLES, HIDDEN));
    Out<Lstm.State> given = lstm.apply(x, state);
    double[][] w = (double[][]) lstm.input().weight().toArray();
    double[] b = lstm.input().bias().toDoubles();
    double[][] u = (double[][]) lstm.recurrent().toArray();
    double[][] v = (double[][]) lstm.output().toArray();
    for (int sample = 0; sample < SAMPLES; sample++) {
      double[] h = state.h().get(sample).toDoubles();
      double[] c = state.c().get(sample).toDoubles();
      for (int t = 0; t < TIME; t++) {
        double[] token = normalized(x.get(sample).get(t).toDoubles(), lstm.norm());
        double[] z = b.clone(); // i, f, g, o
        for (int row = 0; row < 4 * HIDDEN; row++) {
          for (int j = 0; j < WIDTH; j++) {
            z[row] += w[row][j] * token[j];
          }
          for (int j = 0; j < HIDDEN; j++) {
            z[row] += u[row][j] * h[j];
          }
        }
        for (int j = 0; j < HIDDEN; j++) {
          double kept = sigmoid(z[HIDDEN + j]) * c[j];
          c[j] = kept + sigmoid(z[j]) * Math.tanh(z[2 * HIDDEN + j]);
          h[j] = sigmoid(z[3 * HIDDEN + j]) * Math.tanh(c[j]);
        }
        double[] y = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
          for (int j = 0; j < HIDDEN; j++) {
            y[i] += v[i][j] * h[j];
          }
        }
        TALLY.near(1e-13, Tensor.of(y), given.value().get(sample).get(t));
      }
      TALLY.near(1e-13, Tensor.of(h), given.state().h().get(sample));
      TALLY.near(1e-13, Tensor.of(c), given.state().c().get(sample));
    }
  }

  private static double[] normalized(double[] x, LayerNorm norm) {
    double mean = 0;
    double variance = 0;
    for (double element : x) {
      mean += element / WIDTH;
    }
    for (double element : x) {
      variance += (element - mean) * (element - mean) / WIDTH;
    }
    double[] normal = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      normal[i] = (x[i] - mean) / Math.sqrt(variance + 1e-5);
      normal[i] = normal[i] * norm.weight().get(i).item() + norm.bias().get(i).item();
    }
    return normal;
  }

  @Test
  void newLstmsForgetLittleAndAddNothing() {
    Lstm lstm = Lstm.init(Layers.KEY, F64, WIDTH, 2);
    TALLY.sameBits(Tensor.of(0.0, 0, 1, 1, 0, 0, 0, 0), lstm.input().bias());
    Tensor x = Layers.tokens(SAMPLES, TIME, WIDTH);
    TALLY.sameBits(x.zerosLike(), lstm.read(x));
  }

  @Test
  void convolutionsAreTheirLoop() {
    for (int window : new int[] {1, 2, 4}) {
      ShortConvolution convolution = Layers.random(ShortConvolution.init(F64, WIDTH, window));
      Tensor before = random("before", SAMPLES, window - 1, WIDTH);
      Tensor x = Layers.tokens(SAMPLES, TIME, WIDTH);
      Out<Tensor> given = convolution.apply(x, before);
      double[] kernel = convolution.kernel().toDoubles();
      double[] y = new double[SAMPLES * TIME * WIDTH];
      for (int i = 0; i < y.length; i++) {
        int feature = i % WIDTH;
        int t = i / WIDTH % TIME;
        int sample = i / WIDTH / TIME;
        for (int back = 0; back < window; back++) {
          double token =
              t >= back
                  ? x.toDoubles()[i - back * WIDTH]
                  : before.get(sample).get(window - 1 + t - back).get(feature).item();
          y[i] += kernel[(window - 1 - back) * WIDTH + feature] * token;
        }
      }
      TALLY.near(1e-14, Tensor.of(x.shape(), y), given.value());
      TALLY.sameBits(x.slice(1, TIME - window + 1, TIME), given.state());
    }
  }

  @Test
  void newConvolutionsAreTheIdentity() {
    Tensor x = Layers.tokens(SAMPLES, TIME, WIDTH);
    DeltaNet memory = Layers.random(DeltaNet.init(Layers.KEY, F64, WIDTH));
    TALLY.near(0, x, ShortConvolution.init(F64, WIDTH, 4).read(x));
    TALLY.near(0, memory.read(x), Convolved.of(memory, F64, WIDTH, 4).read(x));
  }
}
