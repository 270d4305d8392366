package nestor.bench.jmh;

import java.util.concurrent.TimeUnit;
import nestor.bench.MemorySequence;
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

/// Forward and backward of memories over sequences; the baseline is the eager one.
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
public class MemorySequenceBenchmark {
  @Param({"8x64x32", "8x256x64", "4x1024x64"})
  private String batchByLengthByWidth = "";

  @Param private Mode mode = Mode.EAGER;

  private Step delta = () -> mode;
  private Step titans = () -> mode;

  @Setup
  public void start() {
    int[] size = Sizes.of(batchByLengthByWidth);
    delta = MemorySequence.delta(size[0], size[1], size[2]).startRight(mode);
    titans = MemorySequence.titans(size[0], size[1], size[2]).startRight(mode);
  }

  @Benchmark
  public Object delta() {
    return delta.run();
  }

  @Benchmark
  public Object titans() {
    return titans.run();
  }
}
