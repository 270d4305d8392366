package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import nestor.autodiff.PathPattern;

/// Levels in lines, with columns as wide as their widest cells.
///
/// @param rows the cells, the heads first
record LevelTable(List<List<String>> rows) {
  private static final List<String> HEADS =
      List.of("level", "period", "writes", "by", "step", "momentum", "meta-gradient");
  private static final List<Integer> WIDTHS = List.of(9, 6, 24, 13, 6, 9, 0);
  private static final List<Integer> NUMBERS = List.of(1, 4, 5);
  private static final List<String> SPACES = List.of(" ", "  ", "  ", " ", " ", "  ", "");

  /// A table of levels.
  static LevelTable of(Levels levels) {
    return new LevelTable(
        Stream.concat(Stream.of(HEADS), levels.levels().stream().map(LevelTable::row)).toList());
  }

  private static List<String> row(Level level) {
    return List.of(
        level.name(),
        String.valueOf(level.period()),
        String.join(", ", level.writes().stream().map(PathPattern::pattern).toList()),
        Hyper.name(level.optimizer())
            + (level.objective().equals(Level.SHARED) ? "" : " on " + level.objective()),
        String.valueOf(level.step()),
        Hyper.hasMomentum(level.optimizer()) ? String.valueOf(level.momentum()) : "none",
        switch (level.throughWrites()) {
          case DIFFERENTIATED -> "through";
          case STOPPED -> "stopped";
        });
  }

  /// The table with a further row.
  LevelTable with(String... cells) {
    List<List<String>> more = new ArrayList<>(rows);
    more.add(List.of(cells));
    return new LevelTable(more);
  }

  @Override
  public String toString() {
    return String.join(System.lineSeparator(), rows.stream().map(this::line).toList());
  }

  private String line(List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String blank = " ".repeat(width(i) - cells.get(i).length());
      boolean isNumber = NUMBERS.contains(i);
      line.append(isNumber ? blank + cells.get(i) : cells.get(i) + blank);
      line.append(SPACES.get(i));
    }
    return line.toString().stripTrailing();
  }

  private int width(int column) {
    int widest = WIDTHS.get(column);
    for (List<String> row : rows) {
      widest = Math.max(widest, row.get(column).length());
    }
    return widest;
  }
}
