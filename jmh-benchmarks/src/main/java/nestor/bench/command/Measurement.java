package nestor.bench.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import nestor.train.Failure;

/// The times of single steps.
///
/// @param workload the workload's name
/// @param parameters its size
/// @param threads how many threads the backend or the peer had
/// @param runs how many steps were timed
/// @param medianMs the median
/// @param minMs the shortest
record Measurement(
    String workload,
    Map<String, Object> parameters,
    int threads,
    int runs,
    double medianMs,
    double minMs) {
  private static final JsonMapper JSON = new JsonMapper();

  /// One line of JSON, as the peers print it.
  String json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("workload", workload);
    fields.putAll(parameters);
    fields.put("threads", threads);
    fields.put("runs", runs);
    fields.put("median_ms", rounded(medianMs));
    fields.put("min_ms", rounded(minMs));
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  static BigDecimal rounded(double milliseconds) {
    return BigDecimal.valueOf(milliseconds).setScale(5, RoundingMode.HALF_EVEN);
  }

  /// One line to be read.
  String line() {
    return String.format(
        Locale.ROOT,
        "%-16s  %-50s  median_ms %10.4f  min_ms %10.4f  runs %d",
        workload,
        size(parameters),
        medianMs,
        minMs,
        runs);
  }

  /// The one of the same size.
  Measurement sameSize(List<Measurement> others) {
    return others.stream()
        .filter(other -> size(other.parameters).equals(size(parameters)))
        .findFirst()
        .orElseThrow(() ->
            new Failure("the peer of %s has no size %s".formatted(workload, size(parameters))));
  }

  /// A size as one writes it.
  static String size(Map<String, ?> parameters) {
    return parameters.entrySet().stream()
        .map(one -> one.getKey() + "=" + one.getValue())
        .collect(Collectors.joining(" "));
  }
}
