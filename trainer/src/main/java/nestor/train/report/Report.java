package nestor.train.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import nestor.train.Chart;
import nestor.train.Table;

/// What a person looks at after a run: one file that needs no other, nor a network.
///
/// @param head what was run and how it ended
/// @param charts what to draw of the metrics; one chart for each of them if there is none
/// @param tables the tables that the run printed
public record Report(Head head, List<Chart> charts, List<Table> tables) {
  /// The report's name in the folder of a run.
  public static final String FILE = "report.html";

  /// Writes the report of the metrics in a file into a folder.
  ///
  /// @return the series of the charts that no line of the metrics has
  public Unknown write(Path metrics, Path folder) throws IOException {
    Map<String, Curve> curves = MetricsFile.read(metrics);
    List<Chart> drawn = charts.isEmpty() ? oneForEach(curves) : charts;
    String page = new Page(head, drawn, tables, curves).html();
    Path partial = folder.resolve("." + FILE + ".partial");
    try {
      Files.writeString(partial, page);
      Files.move(partial, folder.resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
    return Unknown.among(charts, curves.keySet());
  }

  private static List<Chart> oneForEach(Map<String, Curve> curves) {
    return curves.entrySet().stream()
        .map(curve ->
            new Chart(
                Words.of(curve.getKey()),
                "",
                curve.getValue().isLogarithmic() ? Chart.Scale.LOG : Chart.Scale.LINEAR,
                List.of(curve.getKey())))
        .collect(Collectors.toList());
  }
}
