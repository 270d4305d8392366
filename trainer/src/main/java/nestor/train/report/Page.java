package nestor.train.report;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nestor.train.Chart;
import nestor.train.Table;

/// The report as HTML.
///
/// @param head what stands above
/// @param charts what to draw
/// @param tables what to show below
/// @param curves the metrics by name
record Page(Head head, List<Chart> charts, List<Table> tables, Map<String, Curve> curves) {
  // No script, style or address from elsewhere can slip in, whatever the texts hold.
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

  String html() throws IOException {
    Html page = new Html();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"" + POLICY + "\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.element("title", head.experiment() + " · " + status()).raw("\n<style>\n");
    page.raw(Resources.own("report.css")).raw("</style>\n</head>\n<body>\n<main>\n");
    heading(page);
    results(page);
    figures(page);
    tables.forEach(table -> table(page, table));
    settings(page);
    page.raw("</main>\n");
    if (!charts.isEmpty()) {
      page.raw("<script>\n").raw(Resources.library()).raw("\n</script>\n");
      page.raw("<script type=\"application/json\" id=\"data\">");
      page.raw(new PlotData(charts, curves).json()).raw("</script>\n");
    }
    page.raw("<script>\n").raw(Resources.own("report.js")).raw("</script>\n");
    return page.raw("</body>\n</html>\n").toString();
  }

  private String status() {
    return head.status().name().toLowerCase(Locale.ROOT);
  }

  private void heading(Html page) {
    page.raw("<header>\n<h1>").text(head.experiment()).raw(" ");
    page.element("span class=\"status " + status() + "\"", status()).raw("</h1>\n");
    page.element("p class=\"summary\"", head.summary()).raw("\n");
    if (!head.error().isEmpty()) {
      page.element("p class=\"error\"", head.error()).raw("\n");
    }
    page.raw("<div class=\"command\">").element("code", head.command());
    page.raw("<button type=\"button\" hidden>copy</button></div>\n<dl class=\"facts\">\n");
    head.facts()
        .forEach((name, fact) -> {
          page.raw("<div>").element("dt", name).element("dd", fact).raw("</div>\n");
        });
    page.raw("</dl>\n</header>\n");
  }

  private void results(Html page) {
    if (head.results().isEmpty()) {
      return;
    }
    page.raw("<section>\n<h2>Results</h2>\n<dl class=\"results\">\n");
    head.results()
        .forEach((name, value) -> {
          page.raw("<div>").element("dt", Words.of(name));
          page.raw("<dd title=\"").text(String.valueOf(value)).raw("\">");
          page.text(Numbers.readable(value)).raw("</dd></div>\n");
        });
    page.raw("</dl>\n</section>\n");
  }

  private void figures(Html page) {
    if (charts.isEmpty()) {
      return;
    }
    page.raw("<section>\n<h2>Metrics</h2>\n");
    page.raw("<noscript><p>The charts take JavaScript, which is switched off.</p></noscript>\n");
    page.raw("<div class=\"charts\">\n");
    for (Chart chart : charts) {
      page.raw("<figure>\n<figcaption>").element("h3", chart.title());
      if (!chart.caption().isEmpty()) {
        page.element("p", chart.caption());
      }
      page.raw("</figcaption>\n<div class=\"legend\"></div>\n");
      page.raw("<div class=\"plot\"><canvas></canvas></div>\n");
      for (String series : chart.series()) {
        remarks(page, chart, series);
      }
      page.raw("</figure>\n");
    }
    page.raw("</div>\n</section>\n");
  }

  private void remarks(Html page, Chart chart, String series) {
    Curve curve = curves.get(series);
    if (curve == null) {
      page.element("p class=\"remark\"", Words.of(series) + " has no values in this run.");
      return;
    }
    curve
        .firstBroken()
        .ifPresent(step ->
            page.element(
                "p class=\"remark\"",
                "%s was NaN or infinite %,d times, first at step %,d."
                    .formatted(Words.of(series), curve.broken(), step)));
    if (chart.scale() == Chart.Scale.LOG && curve.notPositive() > 0) {
      page.element(
          "p class=\"remark\"",
          Words.of(series) + " was zero or negative at times, which this scale cannot show.");
    }
  }

  private static void table(Html page, Table table) {
    page.raw("<section>\n").element("h2", table.title()).raw("\n<div class=\"wide\"><table>\n");
    page.raw("<thead><tr>");
    for (int i = 0; i < table.columns().size(); i++) {
      page.element("th" + alignment(table, i), table.columns().get(i));
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for (List<String> row : table.rows()) {
      page.raw("<tr>");
      for (int i = 0; i < row.size(); i++) {
        page.element("td" + alignment(table, i), row.get(i));
      }
      page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n</section>\n");
  }

  private static String alignment(Table table, int column) {
    return table.isNumeric(column) ? " class=\"number\"" : "";
  }

  private void settings(Html page) {
    if (head.settings().isEmpty()) {
      return;
    }
    page.raw("<section>\n<h2>Settings</h2>\n<div class=\"wide\"><table class=\"settings\">\n");
    for (Head.Setting setting : head.settings()) {
      boolean isChanged = !setting.value().equals(setting.standard());
      page.raw(isChanged ? "<tr class=\"changed\">" : "<tr>").element("th", setting.path());
      page.raw("<td class=\"value\">").text(setting.value());
      if (isChanged) {
        page.raw(" ").element("span", "default " + setting.standard());
      }
      page.raw("</td>").element("td", setting.description()).raw("</tr>\n");
    }
    page.raw("</table></div>\n</section>\n");
  }
}
