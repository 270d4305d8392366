package nestor.autodiff.cpu.loop;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import nestor.autodiff.cpu.functions.VectorSupport;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Schedule;
import org.jspecify.annotations.Nullable;

/// Turns loops into code and keeps it for the next time.
public final class LoopCompiler {
  /// The most machine operations of a loop, of more of which the JIT would not compile the code;
  /// reads, reductions and writes count 2 each.
  public static final int LARGEST = 48;

  private static final int WIDEST = 512;

  private final Map<Loop, LoopCode> compiled = new ConcurrentHashMap<>();
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

  /// The code of a loop.
  public LoopCode compile(Loop loop) {
    return compiled.computeIfAbsent(loop, l -> new LoopCode(l, scratches, bitSize, warmUp));
  }
}
