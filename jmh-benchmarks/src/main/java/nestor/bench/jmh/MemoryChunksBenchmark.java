package nestor.bench.jmh;

import java.util.concurrent.TimeUnit;
import nestor.bench.MemoryChunks;
import nestor.bench.Step;
import nestor.hope.rule.Form;
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

/// Forward and backward of memories that are read chunk by chunk, batch 8, length 256, width 64;
/// the baseline is the recurrent form.
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
public class MemoryChunksBenchmark {
  @Param({"16", "64"})
  private int chunk;

  @Param private Form form = Form.RECURRENT;

  private Step titans = () -> form;
  private Step hope = () -> form;

  @Setup
  public void start() {
    titans = MemoryChunks.titans(8, 256, 64, chunk, form).startRight(Mode.COMPILED);
    hope = MemoryChunks.hope(8, 256, 64, chunk, form).startRight(Mode.COMPILED);
  }

  @Benchmark
  public Object titans() {
    return titans.run();
  }

  @Benchmark
  public Object hope() {
    return hope.run();
  }
}
