import org.jspecify.annotations.NullMarked;

/// Experiments and their runs, checkpoints in files, reference cases and the command line.
@NullMarked
module nestor.train {
  requires static org.jspecify;
  requires transitive nestor.autodiff;
  requires transitive com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.core;
  requires commons.math3;
  requires info.picocli;
  requires chart.js; // no code, but a script for reports
  requires static jdk.incubator.vector;
  requires java.management;

  exports nestor.train;
  exports nestor.train.conformance;
  exports nestor.train.safetensors;

  opens nestor.train.command to
      info.picocli;
  opens nestor.train.conformance to
      nestor.autodiff;

  uses nestor.train.Experiment;
  uses nestor.train.Subcommand;
  uses nestor.train.conformance.ReferenceMechanism;
  uses nestor.train.conformance.ReferenceProgram;
}
