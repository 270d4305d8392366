package nestor.train.command;

import java.io.PrintStream;
import java.util.List;
import java.util.ServiceLoader;
import nestor.train.Experiment;
import nestor.train.Failure;
import nestor.train.Nearest;
import nestor.train.Progress;
import nestor.train.Subcommand;
import nestor.train.conformance.ReferenceMechanism;
import nestor.train.conformance.ReferenceProgram;
import nestor.train.conformance.Subjects;

/// What commands work with.
///
/// @param out where results go
/// @param err where progress and failures go
/// @param experiments the experiments there are
/// @param subjects what reference cases can be about
/// @param subcommands the commands that other modules bring
record Surroundings(
    PrintStream out,
    PrintStream err,
    List<Experiment> experiments,
    Subjects subjects,
    List<Subcommand> subcommands) {

  /// The process's streams, and what the modules on the path provide.
  static Surroundings ofProcess() {
    return new Surroundings(
        System.out,
        System.err,
        all(ServiceLoader.load(Experiment.class)),
        new Subjects(
            all(ServiceLoader.load(ReferenceProgram.class)),
            all(ServiceLoader.load(ReferenceMechanism.class))),
        all(ServiceLoader.load(Subcommand.class)));
  }

  private static <S> List<S> all(ServiceLoader<S> loader) {
    return loader.stream().map(ServiceLoader.Provider::get).toList();
  }

  /// The experiment of this name.
  Experiment experiment(String name) {
    return experiments.stream()
        .filter(experiment -> experiment.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new Failure(
                "there is no experiment '%s'%s"
                    .formatted(
                        name,
                        Nearest.hint(name, experiments.stream().map(Experiment::name).toList()))));
  }

  /// A bar where the launcher saw a terminal, lines elsewhere.
  Progress progress() {
    return Boolean.getBoolean("nestor.terminal") ? Progress.bar(err) : Progress.lines(err);
  }
}
