package nestor.train.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import nestor.train.Chart;

/// What the page's script draws, as JSON: each curve once, however many charts show it.
///
/// @param charts what to draw
/// @param curves the metrics by name
record PlotData(List<Chart> charts, Map<String, Curve> curves) {
  private static final int POINTS_OF_ALL = 60_000; // about 1 MB
  private static final int POINTS_OF_ONE = 1500; // about as many as a chart has pixels
  private static final int POINTS_AT_LEAST = 100;
  private static final long FEW = 40;
  private static final long FEW_SPARSE = 200;

  String json() throws IOException {
    Set<String> drawn = new LinkedHashSet<>();
    charts.forEach(chart -> drawn.addAll(chart.series()));
    drawn.retainAll(curves.keySet());
    int share =
        Math.clamp(POINTS_OF_ALL / Math.max(1, drawn.size()), POINTS_AT_LEAST, POINTS_OF_ONE);
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      json.writeObjectFieldStart("curves");
      for (String name : drawn) {
        curve(json, name, Objects.requireNonNull(curves.get(name)), share);
      }
      json.writeEndObject();
      json.writeArrayFieldStart("charts");
      for (Chart chart : charts) {
        json.writeStartObject();
        json.writeBooleanField("log", chart.scale() == Chart.Scale.LOG);
        json.writeArrayFieldStart("curves");
        for (String name : chart.series()) {
          if (drawn.contains(name)) {
            json.writeString(name);
          }
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    // In JSON it stands in texts only, where it could end the script element.
    return text.toString().replace("<", "\\u003c");
  }

  private static void curve(JsonGenerator json, String name, Curve curve, int share)
      throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("name", Words.of(name));
    boolean isShort = curve.count() <= (curve.isSparse() ? FEW_SPARSE : FEW);
    json.writeBooleanField("dots", isShort && !curve.isNoisy());
    points(json, "points", curve.points(share));
    if (curve.isNoisy()) {
      points(json, "trend", curve.smoothed());
    }
    json.writeEndObject();
  }

  /// Steps and values in turn.
  private static void points(JsonGenerator json, String field, List<Point> points)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (Point point : points) {
      json.writeNumber(point.step());
      if (point.isGap()) {
        json.writeNull();
      } else {
        json.writeNumber(Numbers.drawn(point.value()));
      }
    }
    json.writeEndArray();
  }
}
