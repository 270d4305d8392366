package nestor.opencl;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How many handles of a driver are open.
///
/// @param counts per kind of handle
public record Census(Map<Kind, Integer> counts) {
  /// The kinds of handles.
  public enum Kind {
    /// Memory of a device, in use or kept for the next use.
    BUFFER,
    /// Kernels with their arguments.
    KERNEL,
    /// Built programs.
    PROGRAM,
    /// Events, of which none is ever asked for: one queue runs everything in order.
    EVENT,
    /// Queues of commands.
    QUEUE,
    /// Contexts.
    CONTEXT
  }

  /// How many of a kind are open.
  public int of(Kind kind) {
    return counts.getOrDefault(kind, 0);
  }

  /// How many are open of all kinds.
  public int total() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /// As in `12 buffers, 3 kernels, 1 programs, 0 events, 1 queues, 1 contexts`.
  @Override
  public String toString() {
    return Stream.of(Kind.values())
        .map(kind -> "%d %ss".formatted(of(kind), kind.name().toLowerCase(Locale.ROOT)))
        .collect(Collectors.joining(", "));
  }
}
