package nestor.train.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import nestor.train.Chart;

/// Series of charts that no metrics have.
///
/// @param places each with the chart that names it
/// @param unused the metrics that are in no chart, of which one may have been meant
public record Unknown(List<Place> places, Set<String> unused) {
  /// A series that a chart names.
  public record Place(String chart, String series) {}

  static Unknown among(List<Chart> charts, Collection<String> metrics) {
    List<Place> places = new ArrayList<>();
    Set<String> unused = new TreeSet<>(metrics);
    for (Chart chart : charts) {
      for (String series : chart.series()) {
        if (!metrics.contains(series)) {
          places.add(new Place(chart.title(), series));
        }
        unused.remove(series);
      }
    }
    return new Unknown(places, unused);
  }
}
