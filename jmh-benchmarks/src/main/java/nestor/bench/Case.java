package nestor.bench;

import java.util.Map;

/// A workload at one size.
public interface Case {
  /// The size, under the names that the peer prints.
  Map<String, Object> parameters();

  /// For how many seconds the peer times it.
  double seconds();

  /// The distance of the first results from the same by another road.
  Deviation check(Mode mode);

  /// The work, ready to be timed.
  Step start(Mode mode);
}
