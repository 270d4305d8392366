package nestor.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nestor.train.Chart;
import nestor.train.Chart.Scale;
import nestor.train.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A report is one file that shows all it was given, and nothing in it can be anything but text.
final class ReportTest {
  private static final String EVIL = "</script><script>alert('1')</script> & \"<b>\"";

  @TempDir Path folder;

  private Unknown write(Head head, List<Chart> charts, List<Table> tables, String... lines)
      throws IOException {
    Path metrics = Files.writeString(folder.resolve("metrics.jsonl"), String.join("\n", lines));
    return new Report(head, charts, tables).write(metrics, folder);
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve(Report.FILE));
  }

  private JsonNode data() throws IOException {
    Matcher data = Pattern.compile("id=\"data\">([^<]*)</script>").matcher(page());
    assertTrue(data.find());
    return new JsonMapper().readTree(data.group(1));
  }

  private static Head head(String text) {
    return new Head(
        text,
        text,
        Head.Status.FAILED,
        text,
        text,
        Map.of(text, text),
        Map.of(text, 1.0),
        List.of(new Head.Setting(text, text, "", text)));
  }

  private static String line(Object step, String figures) {
    return "{\"step\":%s,%s}".formatted(step, figures);
  }

  @Test
  void everyTextIsEscaped() throws IOException {
    write(
        head(EVIL),
        List.of(new Chart(EVIL, EVIL, Scale.LINEAR, List.of(EVIL, "missing" + EVIL))),
        List.of(new Table(EVIL, List.of(EVIL), List.of(List.of(EVIL)))),
        line(1, new JsonMapper().writeValueAsString(EVIL) + ":1"));
    String page = page();
    assertFalse(page.contains("<script>alert"));
    assertFalse(page.contains("\"<b>\""));
    assertTrue(page.contains("&lt;/script&gt;&lt;script&gt;alert(&#39;1&#39;)"));
    assertEquals(EVIL, data().path("charts").path(0).path("curves").path(0).asText());
  }

  @Test
  void aReportNeedsNoOtherFileAndNoNetwork() throws IOException {
    write(head("x"), List.of(), List.of(), line(0, "\"a\":1"));
    String page = page();
    assertTrue(page.contains("Chart.js v4"));
    assertTrue(page.contains("The MIT License"));
    assertFalse(page.contains("sourceMappingURL"));
    assertFalse(Pattern.compile("(src|href)=\"").matcher(page).find());
  }

  @Test
  void withoutChartsEveryMetricHasOne() throws IOException {
    write(
        head("x"),
        List.of(),
        List.of(),
        line(0, "\"metaLoss\":100,\"rate\":1"),
        line(1, "\"metaLoss\":0.1,\"rate\":1"));
    assertEquals(
        "[{\"log\":true,\"curves\":[\"metaLoss\"]},{\"log\":false,\"curves\":[\"rate\"]}]",
        data().path("charts").toString());
    assertEquals(
        "{\"name\":\"meta loss\",\"dots\":true,\"points\":[0,100,1,0.1]}",
        data().path("curves").path("metaLoss").toString());
  }

  @Test
  void slowLevelsAreDottedAndBridged() throws IOException {
    String[] lines = new String[1000];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = line(i, "\"fast\":1" + (i % 100 == 0 ? ",\"slow\":" + i : ""));
    }
    write(
        head("x"),
        List.of(new Chart("both", "", Scale.LINEAR, List.of("fast", "slow"))),
        List.of(),
        lines);
    JsonNode slow = data().path("curves").path("slow");
    assertEquals(20, slow.path("points").size());
    assertTrue(slow.path("dots").asBoolean());
    assertFalse(slow.toString().contains("null"));
    assertFalse(data().path("curves").path("fast").path("dots").asBoolean());
  }

  @Test
  void whatIsNotANumberIsAGapAndSaid() throws IOException {
    write(
        head("x"),
        List.of(new Chart("a", "", Scale.LOG, List.of("a"))),
        List.of(),
        line(0, "\"a\":1.5"),
        line(1, "\"a\":\"NaN\""),
        line(2, "\"a\":\"-Infinity\""),
        line(3, "\"a\":-2"));
    assertEquals(
        "[0,1.5,1,null,2,null,3,-2]", data().path("curves").path("a").path("points").toString());
    assertTrue(page().contains("a was NaN or infinite 2 times, first at step 1."));
    assertTrue(page().contains("zero or negative"));
  }

  @Test
  void halfALineIsPassedOver() throws IOException {
    write(head("x"), List.of(), List.of(), line(0, "\"a\":1"), "", "[]", "{\"step\":1,\"a\":");
    assertEquals("[0,1]", data().path("curves").path("a").path("points").toString());
  }

  @Test
  void withoutMetricsThereIsAReportToo() throws IOException {
    new Report(head("x"), List.of(), List.of()).write(folder.resolve("none"), folder);
    assertTrue(page().contains("<h2>Settings</h2>"));
  }

  @Test
  void seriesThatNobodyMeasuredAreNamed() throws IOException {
    Unknown unknown =
        write(
            head("x"),
            List.of(new Chart("Loss", "", Scale.LINEAR, List.of("losss", "b"))),
            List.of(),
            line(0, "\"loss\":1,\"b\":2"));
    assertEquals(List.of(new Unknown.Place("Loss", "losss")), unknown.places());
    assertEquals("[loss]", unknown.unused().toString());
    assertTrue(page().contains("losss has no values in this run."));
  }

  @Test
  void aHundredThousandStepsFitInTwoMegabytes() throws IOException {
    Random random = new Random(1);
    String[] lines = new String[100_000];
    for (int i = 0; i < lines.length; i++) {
      lines[i] =
          line(
              i,
              "\"a\":%s,\"b\":%s,\"c\":%s,\"d\":%s"
                  .formatted(
                      random.nextDouble(),
                      random.nextGaussian(),
                      random.nextGaussian(),
                      i == 54_321 ? 1e6 : 1));
    }
    write(head("x"), List.of(), List.of(), lines);
    long size = Files.size(folder.resolve(Report.FILE));
    assertTrue(size < 1_000_000, size + " bytes");
    assertTrue(data().path("curves").path("d").path("points").toString().contains("54321,1000000"));
    assertTrue(data().path("curves").path("a").path("trend").size() > 100);
  }

  @Test
  void namesReadAsWords() {
    assertEquals("meta loss", Words.of("metaLoss"));
    assertEquals("meta grad norm", Words.of("metaGradNorm"));
    assertEquals("fast · grad norm", Words.of("fast.grad_norm"));
    assertEquals("train · test MSE", Words.of("train/testMSE"));
    assertEquals("R2 score", Words.of("R2-score"));
  }

  @Test
  void numbersAreAsShortAsTheyCanBe() {
    assertEquals("3.17474", Numbers.readable(3.1747443675994873));
    assertEquals("3.25e-9", Numbers.readable(3.25e-9));
    assertEquals("1.2346e12", Numbers.readable(1.23456e12));
    assertEquals("0", Numbers.readable(-0.0));
    assertEquals("100000", Numbers.readable(1e5));
    assertEquals("NaN", Numbers.readable(Double.NaN));
    assertEquals("0.1", Numbers.drawn(0.1));
    assertEquals("1.0E300", Numbers.drawn(1e300) + "");
  }
}
