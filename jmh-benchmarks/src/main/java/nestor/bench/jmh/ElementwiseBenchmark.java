package nestor.bench.jmh;

import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.bench.Deviation;
import nestor.bench.WrongResult;
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

/// A chain of eight pointwise operators, tanh and exp among them; the baseline is one plain loop
/// with `Math`. What a step allocates is in the column `gc.alloc.rate.norm`.
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
public class ElementwiseBenchmark {
  @Param({"32", "1024", "100000"})
  private int size;

  @Param private Mode mode = Mode.EAGER;

  private Tensor x = Tensor.of(0f);
  private Function<Tensor, Tensor> chain = ElementwiseBenchmark::chain;
  private float[] in = new float[0];
  private float[] out = new float[0];

  private static Tensor chain(Tensor x) {
    return x.times(0.5).plus(1).tanh().times(x).minus(0.25).square().neg().exp();
  }

  private static void loop(float[] in, float[] out) {
    for (int i = 0; i < in.length; i++) {
      float inner = (float) Math.tanh(in[i] * 0.5f + 1) * in[i] - 0.25f;
      out[i] = (float) Math.exp(-inner * inner);
    }
  }

  @Setup
  public void start() {
    x = Key.of(0).normal(DType.FLOAT32, size);
    chain = mode.of(ElementwiseBenchmark::chain);
    in = x.toFloats().clone();
    out = new float[size];
    loop(in, out);
    Deviation deviation = Deviation.of(chain.apply(x), Tensor.of(out), "a loop", 1e-5);
    if (!deviation.passes()) {
      throw new WrongResult("the chain", deviation);
    }
  }

  @Benchmark
  public Tensor chain() {
    return chain.apply(x);
  }

  @Benchmark
  public float[] plainLoop() {
    loop(in, out);
    return out;
  }
}
