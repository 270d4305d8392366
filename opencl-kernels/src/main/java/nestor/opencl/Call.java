package nestor.opencl;

import java.util.ArrayList;
import java.util.List;
import nestor.opencl.source.Source;

/// A kernel with its arguments: an array of the frame takes up two of them, where its elements are
/// and the position of the first.
///
/// @param source the kernel
/// @param arguments in the order of its parameters
/// @param global work items per axis; the groups of the last one are not full where a size does not
///   divide it
/// @param local work items of a group per axis
record Call(Source source, List<Argument> arguments, long[] global, long[] local) {
  /// An argument.
  sealed interface Argument {}

  /// An array of the frame.
  ///
  /// @param slot its number
  /// @param offset added to the position of its first element
  record Slot(int slot, int offset) implements Argument {}

  /// An array that no frame has, from its first element.
  record Own(Buffer buffer) implements Argument {}

  /// A table that no frame has, without a position.
  record Table(Buffer buffer) implements Argument {}

  /// A number.
  record Scalar(int number) implements Argument {}

  /// Where kernels complain, and the number of the complaint, 0 where there will be none.
  record Complaint(int number) implements Argument {}

  /// A kernel with a work item for each of `count` elements.
  static Call over(int count, Source source, List<Argument> arguments, int groupSize) {
    return new Call(
        source, arguments, new long[] {rounded(count, groupSize)}, new long[] {groupSize});
  }

  /// A kernel with a work item for each of `columns` by `rows` elements.
  static Call over(int columns, int rows, Source source, List<Argument> arguments, int groupSize) {
    int across = Math.min(groupSize, Integer.highestOneBit(Math.max(1, 2 * columns - 1)));
    int down = Math.max(1, groupSize / across);
    return new Call(
        source,
        arguments,
        new long[] {rounded(columns, across), rounded(rows, down)},
        new long[] {across, down});
  }

  private static long rounded(int count, int size) {
    return ((long) count + size - 1) / size * size;
  }

  /// Arguments one after the other; numbers become [Scalar]s.
  static List<Argument> arguments(Object... all) {
    List<Argument> arguments = new ArrayList<>();
    for (Object each : all) {
      arguments.add(each instanceof Integer number ? new Scalar(number) : (Argument) each);
    }
    return arguments;
  }
}
