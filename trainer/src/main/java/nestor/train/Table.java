package nestor.train;

import java.io.PrintStream;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A table of results, for the terminal and for the run's report.
///
/// @param title what it shows
/// @param columns the heads of the columns
/// @param rows the cells, as many in each row as there are columns
public record Table(String title, List<String> columns, List<List<String>> rows) {
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+−±]?(\\d[\\d,_]*\\.?\\d*|\\.\\d+|∞|NaN|Infinity)([eE][-+]?\\d+)?"
              + "( ?± ?[\\d.,]+([eE][-+]?\\d+)?)?( ?[%×\\p{L}]{1,3})?|[-–—]?");

  /// A table with unchangeable copies of its cells.
  public Table {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "the table '%s' has %d columns, but a row of %d cells: %s"
                .formatted(title, columns.size(), row.size(), row));
      }
    }
  }

  /// Whether a column holds nothing but numbers, which are set flush right.
  public boolean isNumeric(int column) {
    return rows.stream().allMatch(row -> NUMBER.matcher(row.get(column)).matches());
  }

  /// Prints the table with its columns aligned.
  public void print(PrintStream out) {
    lines().forEach(out::println);
  }

  /// The title, the heads and the rows, with columns aligned.
  public List<String> lines() {
    Stream<String> body = Stream.concat(Stream.of(columns), rows.stream()).map(this::line);
    return Stream.concat(Stream.of(title), body).toList();
  }

  private String line(List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      String blank = " ".repeat(width(i) - length(cell));
      line.append("  ").append(isNumeric(i) ? blank + cell : cell + blank);
    }
    return line.toString().stripTrailing();
  }

  private int width(int column) {
    int widest = length(columns.get(column));
    for (List<String> row : rows) {
      widest = Math.max(widest, length(row.get(column)));
    }
    return widest;
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
