package nestor.autodiff.cpu.loop;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.functions.VectorSupport;
import nestor.autodiff.cpu.loop.VectorColumns.Tail;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Schedule;

/// Prints what the results of many random loops hash to, in the fastest code that this JVM has.
final class LoopBits {
  private static final int LOOPS = 40;
  private static final List<RandomLoops.Shape> SHAPES = List.of(RandomLoops.Shape.values());

  private LoopBits() {}

  public static void main(String[] arguments) {
    System.out.println("bits " + hash());
  }

  static long hash() {
    SplittableRandom random = new SplittableRandom(11);
    long hash = 0;
    for (int i = 0; i < LOOPS; i++) {
      DType dtype = i % 2 == 0 ? DType.FLOAT32 : DType.FLOAT64;
      Loop loop = RandomLoops.draw(random, dtype, SHAPES.get(i % SHAPES.size()));
      boolean whole = loop.foldsAreas();
      RandomRun run = RandomRun.draw(random, loop, 4, whole ? 32 : 37, 2);
      Schedule schedule = Schedule.of(loop);
      run.with(
          VectorSupport.AVAILABLE
              ? Translation.vector(
                      schedule, run.rows(), whole ? Tail.WHOLE : Tail.RAGGED, VectorWidth.bitSize())
                  .orElseThrow()
              : BlockKernel.of(loop));
      hash = 31 * hash + Arrays.hashCode(run.bits());
    }
    return hash;
  }
}
