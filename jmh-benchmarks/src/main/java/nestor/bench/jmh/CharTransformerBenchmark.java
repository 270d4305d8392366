package nestor.bench.jmh;

import java.util.concurrent.TimeUnit;
import nestor.bench.CharTransformer;
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

/// A training step of a Transformer on characters; the baseline is the eager one.
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
public class CharTransformerBenchmark {
  @Param private Mode mode = Mode.EAGER;

  private Step step = () -> mode;

  @Setup
  public void start() {
    step = CharTransformer.at(12, 64, 128, 4).startRight(mode);
  }

  @Benchmark
  public Object step() {
    return step.run();
  }
}
