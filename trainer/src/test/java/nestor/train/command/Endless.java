package nestor.train.command;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nestor.train.Experiment;
import nestor.train.Run;
import nestor.train.conformance.Subjects;

/// A process with an experiment that never ends: long lines of metrics as fast as they go.
final class Endless implements Experiment {
  private Endless() {}

  /// Takes the arguments of the command line.
  public static void main(String[] arguments) {
    Surroundings surroundings =
        new Surroundings(
            System.out,
            System.err,
            List.of(new Endless()),
            new Subjects(List.of(), List.of()),
            List.of());
    System.exit(new Nestor(surroundings).run(arguments));
  }

  @Override
  public String name() {
    return "endless";
  }

  @Override
  public String summary() {
    return "goes on";
  }

  @Override
  public Duration expected() {
    return Duration.ofDays(1);
  }

  @Override
  public Map<String, Double> run(Run run) {
    Map<String, Double> figures = new TreeMap<>();
    for (long step = 0; step >= 0; step++) {
      for (int i = 0; i < 500; i++) {
        figures.put("figure" + i, Math.sin((double) (step + i)));
      }
      run.metrics(step, figures);
    }
    return figures;
  }
}
