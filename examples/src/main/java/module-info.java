/// Experiments that can be run by name.
module nestor.examples {
  requires nestor.hope;
  requires nestor.meta;
  requires nestor.train;

  opens nestor.examples.original to
      nestor.autodiff,
      com.fasterxml.jackson.databind;

  provides nestor.train.Experiment with
      nestor.examples.original.OriginalExperiment;
  provides nestor.train.conformance.ReferenceProgram with
      nestor.examples.original.SeedTrace;
}
