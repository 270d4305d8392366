package nestor.autodiff.plan;

import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Program;

/// What a backend has to do to run a program: kernels in order, and the arrays they share.
///
/// Slots `0 … inputs − 1` hold the operands. Every other slot holds a constant or an array of the
/// plan's own.
///
/// @param operators the number of the program's operators
/// @param inputs the number of operands
/// @param arrays the type and size of the array in each slot
/// @param constants arrays of slots that nobody writes
/// @param kernels what is run, in order
/// @param results where the results are at the end
/// @param costs the bytes and operations of each kernel
/// @param peakBytes the most bytes held at a time
public record Schedule(
    int operators,
    int inputs,
    List<Array> arrays,
    Map<Integer, Object> constants,
    List<Kernel> kernels,
    List<Result> results,
    List<Cost> costs,
    long peakBytes) {
  /// An array.
  ///
  /// @param dtype the type of its elements
  /// @param size their number
  public record Array(DType dtype, int size) {
    long bytes() {
      return (long) size * dtype.bytes();
    }
  }

  /// A result: the array in `slot` is handed out. For the next run, the slot takes over the array
  /// in slot `instead`, a donated operand that nobody else took, or a new one if that is −1; if
  /// `slot` is itself that of a donated operand, there is nothing to take over.
  ///
  /// @param slot where the result is
  /// @param instead the slot of a donated operand, or −1
  public record Result(int slot, int instead) {}

  /// What a kernel costs.
  ///
  /// @param label what it does
  /// @param bytes read and written
  /// @param flops floating-point operations
  public record Cost(String label, long bytes, long flops) {}

  /// The schedule of a program on a backend whose loops can hold these operators.
  public static Schedule of(Program program, Loops loops) {
    Lowered lowered = Lowering.lower(program, loops);
    Scheduling scheduling = new Scheduling(lowered, program.donated());
    return scheduling.schedule(Fusion.fuse(lowered, loops), program.steps().size());
  }

  /// The bytes that all kernels read and write.
  public long bytes() {
    return costs.stream().mapToLong(Cost::bytes).sum();
  }

  /// The floating-point operations of all kernels.
  public long flops() {
    return costs.stream().mapToLong(Cost::flops).sum();
  }

  /// The kernels that a run starts, those inside of loops over time once for each step.
  public long launches() {
    return kernels.stream()
        .mapToLong(kernel ->
            switch (kernel) {
              case Kernel.Repeat repeat -> repeat.length() * repeat.body().launches();
              case Kernel.Choose choose ->
                  Math.max(choose.whenTrue().launches(), choose.whenFalse().launches());
              case Kernel.Fused fused -> 1;
              case Kernel.Product product -> 1;
              case Kernel.Copy copy -> 1;
              case Kernel.Single single -> 1;
              case Kernel.Attached attached -> 1;
            })
        .sum();
  }

  /// The bytes of the arrays that a loop over time with this body has for itself: the body's
  /// intermediate results, and a second array for each tensor of the carry.
  long ownBytes(int carries) {
    long bytes = 0;
    for (int i = inputs; i < arrays.size(); i++) {
      bytes += arrays.get(i).bytes();
    }
    for (int i = carries; i < results.size(); i++) { // these are parts of the outputs
      bytes -= arrays.get(results.get(i).slot()).bytes();
    }
    return bytes;
  }

  /// A table of the kernels with their bytes and operations.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < kernels.size(); i++) {
      Cost cost = costs.get(i);
      text.append("%4d  %12s B  %14s FLOP  %s%n".formatted(i, cost.bytes, cost.flops, cost.label));
    }
    return text.append(
            "%,d operators in %,d kernels, %,d bytes read and written, %,d floating-point operations, %,d bytes held"
                .formatted(operators, kernels.size(), bytes(), flops(), peakBytes))
        .toString();
  }
}
