package nestor.autodiff.cpu.loop;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import nestor.autodiff.cpu.functions.VectorSupport;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Fusible;
import nestor.autodiff.plan.loop.LoopGraph;
import nestor.autodiff.plan.loop.Schedule;
import org.jspecify.annotations.Nullable;

/// Turns loops into code and keeps it for the next time.
public final class LoopCompiler {
  /// The most machine operations of a loop; reads, reductions and writes count 2 each.
  public static final int LARGEST = 48;

  private static final int WIDEST = 512;

  private record Sized(DType dtype, Op op) {}

  private final Map<Loop, LoopCode> compiled = new ConcurrentHashMap<>();
  private final Map<Sized, Integer> sizes = new ConcurrentHashMap<>();
  private final ThreadLocal<Scratch> scratches = ThreadLocal.withInitial(Scratch::new);
  private final int bitSize;
  private final @Nullable WarmUp warmUp;

  /// A compiler that has compiled nothing yet.
  public LoopCompiler() {
    bitSize = VectorSupport.AVAILABLE ? VectorWidth.bitSize() : WIDEST;
    warmUp = VectorSupport.AVAILABLE ? new WarmUp(this::vectors) : null;
  }

  private Optional<Form.Vectors> vectors(Form form) {
    Schedule schedule = Schedule.of(form.loop);
    return Translation.vector(schedule, form.rows, form.tail, bitSize)
        .map(kernel -> new Form.Vectors(schedule, kernel, VectorColumns.scratch(schedule)));
  }

  /// Whether a pointwise operator may stand in a loop over numbers of a floating type.
  public static boolean supports(DType dtype, Op op) {
    return Fusible.is(dtype, op);
  }

  /// How many machine operations an operator is worth. Those of a loop must not be more than
  /// [#LARGEST]: the JIT would not compile its code.
  public int size(DType dtype, Op op) {
    return sizes.computeIfAbsent(new Sized(dtype, op), s -> LoopGraph.size(s.dtype, s.op));
  }

  /// The code of a loop.
  public LoopCode compile(Loop loop) {
    return compiled.computeIfAbsent(loop, l -> new LoopCode(l, scratches, bitSize, warmUp));
  }
}
