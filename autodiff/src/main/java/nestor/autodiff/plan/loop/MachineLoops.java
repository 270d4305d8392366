package nestor.autodiff.plan.loop;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import nestor.autodiff.plan.Loops;

/// The loops of a backend that generates code from a [LoopGraph], sized by machine operations.
public final class MachineLoops implements Loops {
  private record Sized(DType dtype, Op op) {}

  private final Map<Sized, Integer> sizes = new ConcurrentHashMap<>();
  private final int largest;

  /// Loops of at most so many machine operations; reads, reductions and writes count 2 each.
  public MachineLoops(int largest) {
    this.largest = largest;
  }

  @Override
  public boolean supports(DType dtype, Op op) {
    return Fusible.is(dtype, op);
  }

  @Override
  public int size(DType dtype, Op op) {
    return sizes.computeIfAbsent(
        new Sized(dtype, op), sized -> LoopGraph.size(sized.dtype, sized.op));
  }

  @Override
  public int largest() {
    return largest;
  }
}
