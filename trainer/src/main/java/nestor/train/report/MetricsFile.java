package nestor.train.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// Reads the lines that [nestor.train.Run#metrics] writes.
final class MetricsFile {
  private static final String STEP = "step";
  private static final JsonFactory JSON = new JsonFactory();

  private final Map<String, Curve> curves = new LinkedHashMap<>();
  private long step = Long.MIN_VALUE;
  private long index = -1;

  private MetricsFile() {}

  /// The curves in the file by name, in the order in which they begin. What is no whole line, as
  /// where a run was killed, is passed over.
  static Map<String, Curve> read(Path file) throws IOException {
    MetricsFile metrics = new MetricsFile();
    if (Files.exists(file)) {
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          metrics.add(line);
        }
      }
    }
    return metrics.curves;
  }

  private void add(String line) throws IOException {
    try {
      Map<String, Double> figures = figures(line);
      Double at = figures.remove(STEP);
      if (at != null) {
        figures.forEach((name, value) -> add(at.longValue(), name, value));
      }
    } catch (JsonProcessingException | NumberFormatException e) {
      return; // half a line, or none of ours
    }
  }

  private void add(long at, String name, double value) {
    if (at != step) {
      step = at;
      index++;
    }
    curves.computeIfAbsent(name, fresh -> new Curve()).add(index, at, value);
  }

  private static Map<String, Double> figures(String line) throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    try (JsonParser parser = JSON.createParser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return figures;
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (value.isNumeric()) {
          figures.put(name, parser.getDoubleValue());
        } else if (value == JsonToken.VALUE_STRING) { // NaN and infinities
          figures.put(name, Double.parseDouble(parser.getText()));
        } else {
          parser.skipChildren();
        }
      }
    }
    return figures;
  }
}
