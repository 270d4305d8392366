package nestor.train.conformance;

import java.util.List;
import java.util.Optional;

/// Whether a case passed.
///
/// @param place the case, with its file
/// @param failure why it did not pass, where it did not
/// @param remarks what was found wrong with the case itself, see [Erratum]
public record Verdict(String place, Optional<String> failure, List<String> remarks) {
  static Verdict failed(String place, String why) {
    return new Verdict(place, Optional.of(why), List.of());
  }

  /// A case passes when there is something to compare and all of it is within the tolerance; else
  /// the worst is named.
  static Verdict of(String place, List<Deviation> deviations, double tolerance) {
    if (deviations.isEmpty()) {
      return failed(place, "nothing was compared");
    }
    List<Deviation> beyond =
        deviations.stream().filter(deviation -> !deviation.within(tolerance)).toList();
    if (beyond.isEmpty()) {
      return new Verdict(place, Optional.empty(), List.of());
    }
    Deviation worst = beyond.getFirst();
    for (Deviation deviation : beyond) {
      if (deviation.error() > worst.error()) {
        worst = deviation;
      }
    }
    String others = beyond.size() == 1 ? "" : " (and %d more)".formatted(beyond.size() - 1);
    return failed(place, worst.against(tolerance) + others);
  }

  /// The same with remarks on the case.
  Verdict remarking(List<String> more) {
    return new Verdict(place, failure, more);
  }

  /// Whether the case passed.
  public boolean passed() {
    return failure.isEmpty();
  }
}
