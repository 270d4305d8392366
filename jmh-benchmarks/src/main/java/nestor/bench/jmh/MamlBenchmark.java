package nestor.bench.jmh;

import java.util.concurrent.TimeUnit;
import nestor.bench.MamlSinusoid;
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

/// A meta-step of MAML over 25 tasks at once; the baseline takes one task after the other.
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
public class MamlBenchmark {
  @Param({"1", "5"})
  private int innerSteps;

  @Param private Mode mode = Mode.EAGER;

  @Param private MamlSinusoid.Style style = MamlSinusoid.Style.BATCHED;

  private Step step = () -> mode;

  @Setup
  public void start() {
    step = MamlSinusoid.at(25, 10, innerSteps, style).startRight(mode);
  }

  @Benchmark
  public Object step() {
    return step.run();
  }
}
