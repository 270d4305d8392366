package nestor.train.report;

import java.util.List;
import java.util.Map;

/// What stands above a report's charts.
///
/// @param experiment its name
/// @param summary what it shows, in one line
/// @param status how the run ended
/// @param error why it failed, empty if it did not
/// @param command what repeats it
/// @param facts seed, backend, time and the like, by name
/// @param results the final metrics
/// @param settings what could be set
public record Head(
    String experiment,
    String summary,
    Status status,
    String error,
    String command,
    Map<String, String> facts,
    Map<String, Double> results,
    List<Setting> settings) {
  /// How a run ended.
  public enum Status {
    /// It came to its end.
    FINISHED,
    /// The user or the system stopped it.
    INTERRUPTED,
    /// It stopped on a mistake.
    FAILED
  }

  /// One thing that could be set.
  ///
  /// @param path its name
  /// @param value what it was in this run
  /// @param standard what it is when nothing is set
  /// @param description a line about it, may be empty
  public record Setting(String path, String value, String standard, String description) {}
}
