package nestor.train;

import java.io.PrintStream;

/// How far a run is: a bar that moves on a terminal, a line for every tenth elsewhere.
public final class Progress {
  private static final int WIDTH = 24;
  private static final long REDRAW_NANOS = 100_000_000;

  private enum Style {
    BAR,
    LINES,
    SILENT
  }

  private final PrintStream stream;
  private final Style style;
  private long lastDrawn = Long.MIN_VALUE;
  private long lastTenth;
  private int drawn;

  private Progress(PrintStream stream, Style style) {
    this.stream = stream;
    this.style = style;
  }

  /// A bar that is redrawn in place.
  public static Progress bar(PrintStream terminal) {
    return new Progress(terminal, Style.BAR);
  }

  /// A plain line for every tenth of the way.
  public static Progress lines(PrintStream stream) {
    return new Progress(stream, Style.LINES);
  }

  /// Nothing at all.
  public static Progress silent() {
    return new Progress(System.err, Style.SILENT);
  }

  /// Shows that `done` steps of `total` are over, and a note such as the loss.
  public void update(long done, long total, String note) {
    switch (style) {
      case BAR -> draw(done, Math.max(1, total), note);
      case LINES -> {
        long tenth = done * 10 / Math.max(1, total);
        if (tenth > lastTenth) {
          lastTenth = tenth;
          stream.println("%d/%d %s".formatted(done, total, note).strip());
        }
      }
      case SILENT -> {}
    }
  }

  private void draw(long done, long total, String note) {
    long now = System.nanoTime();
    if (lastDrawn != Long.MIN_VALUE && now - lastDrawn < REDRAW_NANOS && done < total) {
      return;
    }
    lastDrawn = now;
    int filled = (int) (Math.min(done, total) * WIDTH / total);
    String line =
        "[%s%s] %d/%d %s"
            .formatted("#".repeat(filled), "·".repeat(WIDTH - filled), done, total, note);
    stream.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
    stream.flush();
    drawn = line.length();
  }

  /// Takes the bar off the terminal, so that something else can be printed there.
  public void clear() {
    if (drawn > 0) {
      stream.print("\r" + " ".repeat(drawn) + "\r");
      stream.flush();
      drawn = 0;
      lastDrawn = Long.MIN_VALUE;
    }
  }
}
