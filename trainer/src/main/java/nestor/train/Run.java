package nestor.train;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import nestor.autodiff.Backend;

/// One run of an experiment: what it was started with, and where its results go.
public final class Run implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /// What a run is started with; the same setup gives the same results.
  ///
  /// @param settings the experiment's settings record
  /// @param seed where all its randomness comes from
  /// @param backend what its tensors run on
  public record Setup(Record settings, long seed, Backend backend) {}

  private final Setup setup;
  private final Path folder;
  private final PrintStream out;
  private final Progress progress;
  private final Writer metrics;

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
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", step);
    line.putAll(figures);
    try {
      metrics.write(JSON.writeValueAsString(line) + "\n");
      metrics.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the metrics: " + e.getMessage(), e);
    }
  }

  /// Tells the user how far the run is; may be called at every step.
  public void progress(long done, long total, String note) {
    progress.update(done, total, note);
  }

  @Override
  public void close() {
    progress.clear();
    try {
      metrics.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the metrics: " + e.getMessage(), e);
    }
  }
}
