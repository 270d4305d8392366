package nestor.autodiff;

/// A program as a backend compiled it. Printed, it lists its kernels with the bytes that each reads
/// and writes and its floating-point operations, and their sums.
public interface Plan {
  /// Runs it: from the stored operands to the stored results, both in the program's order. The
  /// memory of donated operands may be overwritten and handed out with the results. Safe for any
  /// number of threads.
  void run(Object[] operands, Object[] results);

  /// The floating-point operations of a run, as [Op#flops] counts them; in loops, copies count as
  /// pointwise operators.
  long flops();

  /// The bytes that the kernels of a run read and write.
  long bytes();

  /// The kernels that a run starts, those inside of loops over time once for each step.
  long launches();

  /// The most bytes held at a time by operands, constants, intermediate and final results.
  long peakBytes();
}
