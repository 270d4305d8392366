package nestor.train;

import java.util.List;

/// A chart of the run's report: some of its metrics over the steps.
///
/// @param title what it shows, such as `loss of the levels`
/// @param caption how to read it, empty where that goes without saying
/// @param scale how values become heights
/// @param series names of figures that the experiment gives to [Run#metrics]; steps where one is
///   missing are bridged if it is missing regularly, else left as a gap
public record Chart(String title, String caption, Scale scale, List<String> series) {
  /// How values become heights.
  public enum Scale {
    /// Equal differences are equally far apart.
    LINEAR,
    /// Equal ratios are equally far apart; shows positive values only.
    LOG
  }

  /// A chart with an unchangeable copy of the names.
  public Chart {
    series = List.copyOf(series);
  }
}
