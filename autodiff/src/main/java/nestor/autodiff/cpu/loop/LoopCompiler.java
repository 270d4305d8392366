package nestor.autodiff.cpu.loop;


import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import nestor.autodiff.plan.Loop;

/// Turns loops into code and keeps it for the next time.
public final class LoopCompiler {
  private final Map<Loop, LoopCode> compiled = new ConcurrentHashMap<>();
  private final ThreadLocal<Scratch> scratches = ThreadLocal.withInitial(Scratch::new);

  /// A compiler that has compiled nothing yet.
  public LoopCompiler() {}

  /// Whether a pointwise operator may stand in a loop over numbers of a floating type.
  public static boolean supports(DType dtype, Op op) {
    return Fusible.is(dtype, op);
  }

  /// The code of a loop.
  public LoopCode compile(Loop loop) {
    return compiled.computeIfAbsent(loop, this::translate);
  }

  private LoopCode translate(Loop loop) {
    Schedule schedule = Schedule.of(loop);
    return new LoopCode(
        scratches, ScalarKernel.scratch(schedule), Translation.scalar(schedule));
  }
}
