package nestor.train;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Backend;

/// One run of an experiment: what it was started with, and where its results go.
public final class Run implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String STEP = "step";

  /// What a run is started with; the same setup gives the same results.
  ///
  /// @param settings the experiment's settings record
  /// @param seed where all its randomness comes from
  /// @param backend what its tensors run on
  /// @param mode how its steps run
  public record Setup(Record settings, long seed, Backend backend, Mode mode) {}

  private final Setup setup;
  private final Path folder;
  private final PrintStream out;
  private final Progress progress;
  private final Writer metrics;
  private final List<Table> tables = new ArrayList<>();
  private boolean closed;

  private Run(Setup setup, Path folder, PrintStream out, Progress progress, Writer metrics) {
    this.setup = setup;
    this.folder = folder;
    this.out = out;
    this.progress = progress;
    this.metrics = metrics;
  }

  /// A run that writes to an existing folder and prints results to `out`.
  public static Run in(Path folder, Setup setup, PrintStream out, Progress progress) {
    try {
      Writer metrics = Files.newBufferedWriter(folder.resolve("metrics.jsonl"));
      return new Run(setup, folder, out, progress, metrics);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to " + folder + ": " + e.getMessage(), e);
    }
  }

  /// What the run was started with.
  public Setup setup() {
    return setup;
  }

  /// The settings, of the type that the experiment declares.
  public <S extends Record> S settings(Class<S> type) {
    return type.cast(setup.settings());
  }

  /// Where all randomness of the run comes from.
  public long seed() {
    return setup.seed();
  }

  /// The backend that was asked for; tensors that belong to none run on it too.
  public Backend backend() {
    return setup.backend();
  }

  /// How its steps run: compiled, unless something else was asked for.
  public Mode mode() {
    return setup.mode();
  }

  /// The folder for checkpoints and other files of this run.
  public Path folder() {
    return folder;
  }

  /// Where results are printed; asking for it clears the progress bar, so ask each time.
  public PrintStream out() {
    progress.clear();
    return out;
  }

  /// Appends a line of figures to `metrics.jsonl`. It is in the file when this returns, so nothing
  /// is lost when the run is interrupted.
  public void metrics(long step, Map<String, Double> figures) {
    if (figures.containsKey(STEP)) {
      throw new IllegalArgumentException("no figure may be named " + STEP);
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put(STEP, step);
    line.putAll(figures);
    try {
      append(JSON.writeValueAsString(line) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the metrics: " + e.getMessage(), e);
    }
  }

  private synchronized void append(String line) throws IOException {
    if (closed) {
      throw new IllegalStateException("the run has ended");
    }
    metrics.write(line);
    metrics.flush();
  }

  /// Prints a table and puts it into the run's report.
  public void table(Table table) {
    table.print(out());
    synchronized (this) {
      tables.add(table);
    }
  }

  /// The tables so far.
  public synchronized List<Table> tables() {
    return List.copyOf(tables);
  }

  /// Tells the user how far the run is; may be called at every step.
  public void progress(long done, long total, String note) {
    progress.update(done, total, note);
  }

  /// Ends the metrics, whose last line is whole even if another thread is at it.
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    progress.clear();
    try {
      metrics.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the metrics: " + e.getMessage(), e);
    }
  }
}
