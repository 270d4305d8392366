package nestor.bench.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import nestor.bench.command.Comparison.Round;
import nestor.bench.jmh.GemmBenchmark;
import nestor.train.Failure;
import nestor.train.Subcommand;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// What `./nestor bench` takes and prints.
class BenchCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int bench(String... arguments) {
    BenchCommand command = new BenchCommand();
    CommandLine line = new CommandLine(command);
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    line.parseArgs(arguments);
    return command.call();
  }

  private static Measurement measurement(double median, int threads) {
    Map<String, Object> size = new LinkedHashMap<>();
    size.put("hidden", 32);
    size.put("batch", 1);
    return new Measurement("nested_step", size, threads, 7, median, 0.123456789);
  }

  @Test
  void theCommandLineFindsIt() {
    assertTrue(
        BenchCommand.class.getModule().getDescriptor().provides().stream()
            .anyMatch(one ->
                one.service().equals(Subcommand.class.getName())
                    && one.providers().contains(BenchCommand.class.getName())));
  }

  @Test
  void timesOneSizeAndSaysSoInJson() {
    assertEquals(0, bench("gemm", "--size", "m=1", "--warm-up", "0", "--json"));
    String line = out.toString().strip();
    assertTrue(
        line.matches(
            ("\\{'workload':'gemm','m':1,'k':32,'n':64,'repeat':488,'flop':1998848,'threads':\\d+,"
                    + "'runs':\\d+,'median_ms':\\d+\\.\\d{5},'min_ms':\\d+\\.\\d{5}}")
                .replace('\'', '"')),
        line);
    assertEquals("gemm m=1 k=32 n=64 repeat=488 flop=1998848", err.toString().strip());
  }

  @Test
  void namesOfWorkloadsAndSizesAreChecked() {
    assertEquals(
        "there is no workload 'gem'; did you mean gemm?",
        assertThrows(Failure.class, () -> bench("gem")).getMessage());
    assertEquals(
        "no size of the workloads has m=3; ./nestor bench prints the sizes on its way",
        assertThrows(Failure.class, () -> bench("gemm", "--size", "m=3")).getMessage());
    assertEquals(
        "--size takes name=value, not 'm'",
        assertThrows(Failure.class, () -> bench("gemm", "--size", "m")).getMessage());
    assertTrue(
        assertThrows(Failure.class, () -> bench("gemm", "--backend", "gpu"))
            .getMessage()
            .startsWith("there is no backend 'gpu'"));
  }

  @Test
  void aMeasurementIsOneLineOfJsonThatReadsBack() {
    String line = measurement(1.5, 2).json();
    assertEquals(
        """
        {"workload":"nested_step","hidden":32,"batch":1,"threads":2,"runs":7,\
        "median_ms":1.50000,"min_ms":0.12346}\
        """,
        line);
    assertEquals(line.replace("32", "\"32\"").replace(":1,", ":\"1\","), Peers.read(line).json());
    Failure why = assertThrows(Failure.class, () -> Peers.read("Traceback"));
    assertEquals("a peer printed 'Traceback', which is no measurement", why.getMessage());
  }

  @Test
  void theRatioIsThatOfThePeersBetterMedian() {
    Comparison compared =
        Comparison.of(
            List.of(
                new Round(measurement(9, 1), measurement(2, 2), measurement(7, 2)),
                new Round(measurement(8, 1), measurement(4, 2), measurement(600, 2)),
                new Round(measurement(1, 1), measurement(3, 2), measurement(900, 2))));
    assertEquals(8 / 3.0, compared.ratio());
    assertEquals(
        """
        {"workload":"nested_step","hidden":32,"batch":1,"median_ms":3.00000,\
        "peer_1_thread_ms":8.00000,"peer_2_threads_ms":600.00000,"ratio":2.66667}\
        """,
        compared.json());
    assertTrue(
        Comparison.table(List.of(compared)).lines().getLast().endsWith(" 2.67"), "the table");
  }

  @Test
  void sizesMeetThePeersOfTheSameSize() {
    Measurement peer = Peers.read(measurement(1, 1).json());
    assertEquals(peer, measurement(2, 2).sameSize(List.of(peer)));
    assertThrows(Failure.class, () -> measurement(2, 2).sameSize(List.of()));
  }

  @Test
  void aStepIsTimedAtLeastFiveTimes() {
    AtomicInteger runs = new AtomicInteger();
    Timing timing = Timing.of(runs::incrementAndGet, 0);
    assertEquals(5, runs.get());
    assertEquals(5, timing.milliseconds().length);
    assertTrue(timing.min() <= timing.median());
  }

  @Test
  void jmhFindsItsBenchmarks() throws IOException {
    try (InputStream in = GemmBenchmark.class.getResourceAsStream("/META-INF/BenchmarkList")) {
      String list = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String name :
          List.of(
              "NestedStep",
              "Maml",
              "MemorySequence",
              "MemoryChunks",
              "Gemm",
              "CharTransformer",
              "Elementwise")) {
        assertTrue(list.contains("nestor.bench.jmh." + name + "Benchmark"), name);
      }
    }
  }
}
