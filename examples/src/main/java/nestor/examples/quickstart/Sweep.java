package nestor.examples.quickstart;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import nestor.train.Failure;
import nestor.train.Run;

/// Many trainings, one a core at a time; what one gives does not depend on the others.
final class Sweep {
  private Sweep() {}

  /// What is wanted of one training.
  @FunctionalInterface
  interface Figure {
    /// Trains and measures.
    ///
    /// @param beginning where the learner begins
    double of(Config config, Run.Setup setup, Learner.Beginning beginning);
  }

  /// For each configuration what a figure is for the seeds from the run's seed on. Trainings that
  /// differ in their seed or length share their plans.
  static List<List<Double>> over(List<Config> configs, int seeds, Run run, Figure figure) {
    Map<Config, Learner.Beginning> beginnings = new HashMap<>();
    List<List<Future<Double>>> futures = new ArrayList<>();
    List<List<Double>> figures = new ArrayList<>();
    try (ExecutorService cores =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      for (Config config : configs) {
        List<Future<Double>> row = new ArrayList<>();
        Learner.Beginning beginning =
            beginnings.computeIfAbsent(config.with(0), c -> Learner.of(c, run.mode()));
        for (int i = 0; i < seeds; i++) {
          Run.Setup setup = new Run.Setup(config, run.seed() + i, run.backend(), run.mode());
          row.add(cores.submit(() -> figure.of(config, setup, beginning)));
        }
        futures.add(row);
      }
      try {
        collect(futures, figures, run);
      } catch (ExecutionException | InterruptedException e) {
        cores.shutdownNow(); // what waits for a core need not start
        throw e;
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure("interrupted before all trainings were done", e);
    }
    return figures;
  }

  private static void collect(
      List<List<Future<Double>>> futures, List<List<Double>> figures, Run run)
      throws ExecutionException, InterruptedException {
    int done = 0;
    int all = futures.stream().mapToInt(List::size).sum();
    for (List<Future<Double>> row : futures) {
      List<Double> got = new ArrayList<>();
      for (Future<Double> future : row) {
        got.add(future.get());
        run.progress(++done, all, "trainings");
      }
      figures.add(got);
    }
  }
}
