package nestor.bench.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import nestor.train.Table;

/// A workload at one size here and in PyTorch, in medians over the rounds, in milliseconds.
///
/// @param workload the workload's name
/// @param size its parameters
/// @param ours the time here
/// @param oneThread the peer's time with one thread
/// @param twoThreads the peer's time with two threads
record Comparison(
    String workload, Map<String, Object> size, double ours, double oneThread, double twoThreads) {

  /// All that was measured in one round at one size.
  record Round(Measurement oneThread, Measurement ours, Measurement twoThreads) {}

  static Comparison of(List<Round> rounds) {
    Measurement any = rounds.getFirst().ours();
    return new Comparison(
        any.workload(),
        any.parameters(),
        median(rounds, round -> round.ours().medianMs()),
        median(rounds, round -> round.oneThread().medianMs()),
        median(rounds, round -> round.twoThreads().medianMs()));
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> time) {
    double[] sorted = rounds.stream().mapToDouble(time).toArray();
    Arrays.sort(sorted);
    return new Timing(sorted).median();
  }

  /// How many times longer the peer takes, with the number of threads that suits it better.
  double ratio() {
    return Math.min(oneThread, twoThreads) / ours;
  }

  /// One line of JSON.
  String json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("workload", workload);
    fields.putAll(size);
    fields.put("median_ms", Measurement.rounded(ours));
    fields.put("peer_1_thread_ms", Measurement.rounded(oneThread));
    fields.put("peer_2_threads_ms", Measurement.rounded(twoThreads));
    fields.put("ratio", Measurement.rounded(ratio()));
    try {
      return new JsonMapper().writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The comparisons, to be read.
  static Table table(List<Comparison> all) {
    return new Table(
        "Milliseconds per step, medians; the ratio is the peer's better time over ours",
        List.of("workload", "size", "PyTorch, 1 thread", "2 threads", "Nestor", "ratio"),
        all.stream()
            .map(one ->
                List.of(
                    one.workload,
                    Measurement.size(one.size),
                    number(one.oneThread),
                    number(one.twoThreads),
                    number(one.ours),
                    String.format(Locale.ROOT, "%.2f", one.ratio())))
            .toList());
  }

  private static String number(double milliseconds) {
    return String.format(Locale.ROOT, "%.4f", milliseconds);
  }
}
