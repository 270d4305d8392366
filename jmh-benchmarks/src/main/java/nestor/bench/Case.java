package nestor.bench;

import java.util.Map;
import java.util.stream.Collectors;
import nestor.train.Mode;

/// A workload at one size.
public interface Case {
  /// The workload's name.
  String workload();

  /// The size, under the names that the peer prints.
  Map<String, Object> parameters();

  /// For how many seconds the peer times it.
  double seconds();

  /// The distance of the first results from the same by another road.
  Deviation check(Mode mode);

  /// The work, ready to be timed.
  Step start(Mode mode);

  /// What the work costs as a plan.
  Cost cost();

  /// The work, ready to be timed, unless its first results are wrong.
  default Step startRight(Mode mode) {
    Deviation deviation = check(mode);
    if (!deviation.passes()) {
      throw new WrongResult(workload() + " " + size(), deviation);
    }
    return start(mode);
  }

  /// The size as one writes it, as in `hidden=32 batch=1`.
  default String size() {
    return parameters().entrySet().stream()
        .map(one -> one.getKey() + "=" + one.getValue())
        .collect(Collectors.joining(" "));
  }
}
