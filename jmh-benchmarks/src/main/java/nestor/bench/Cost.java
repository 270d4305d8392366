package nestor.bench;

import nestor.autodiff.Plan;

/// What a step costs on any machine.
///
/// @param flop floating-point operations
/// @param bytes read and written by its kernels
/// @param held bytes held at a time
/// @param launches kernels that are started
public record Cost(long flop, long bytes, long held, long launches) {
  static Cost of(Plan plan, int times) {
    return new Cost(
        times * plan.flops(), times * plan.bytes(), plan.peakBytes(), times * plan.launches());
  }
}
