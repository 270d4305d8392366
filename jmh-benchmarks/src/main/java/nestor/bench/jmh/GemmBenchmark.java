package nestor.bench.jmh;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.bench.Gemm;
import nestor.bench.Step;
import nestor.train.Mode;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// A product of two matrices; the baseline is its definition, three loops.
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
public class GemmBenchmark {
  @Param({"32x32x32", "256x256x256", "1024x1024x1024", "1x32x64", "16x256x256", "64x784x256"})
  private String rowsByInnerByColumns = "";

  @Param private Mode mode = Mode.EAGER;

  private Step product = () -> mode;
  private Loops loops = new Loops(new float[0], new float[0], new float[0], 0);

  private record Loops(float[] a, float[] b, float[] c, int k) {
    float[] run() {
      int m = a.length / k;
      int n = b.length / k;
      Arrays.fill(c, 0);
      for (int i = 0; i < m; i++) {
        for (int l = 0; l < k; l++) {
          float factor = a[i * k + l];
          for (int j = 0; j < n; j++) {
            c[i * n + j] += factor * b[l * n + j];
          }
        }
      }
      return c;
    }
  }

  @Setup
  public void start() {
    int[] size = Sizes.of(rowsByInnerByColumns);
    Key key = Key.of(0);
    Tensor a = key.fold(0).normal(DType.FLOAT32, size[0], size[1]);
    Tensor b = key.fold(1).normal(DType.FLOAT32, size[1], size[2]);
    Gemm.at(size[0], size[1], size[2]).startRight(mode);
    loops =
        new Loops(
            a.toFloats().clone(), b.toFloats().clone(), new float[size[0] * size[2]], size[1]);
    var matmul = mode.of((List<Tensor> factors) -> factors.get(0).matmul(factors.get(1)));
    List<Tensor> factors = List.of(a, b);
    product = () -> matmul.apply(factors);
  }

  @Benchmark
  public Object matmul() {
    return product.run();
  }

  @Benchmark
  public Object threeLoops() {
    return loops.run();
  }
}
