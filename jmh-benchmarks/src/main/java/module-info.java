import org.jspecify.annotations.NullMarked;

/// What is claimed about speed, measured.
@NullMarked
module nestor.bench {
  requires static org.jspecify;
  requires static jmh.core;
  requires info.picocli;
  requires java.management;
  requires nestor.hope;
  requires nestor.meta;
  requires nestor.train;

  opens nestor.bench to
      nestor.autodiff;
  opens nestor.bench.command to
      info.picocli;

  provides nestor.train.Subcommand with
      nestor.bench.command.BenchCommand;
}
