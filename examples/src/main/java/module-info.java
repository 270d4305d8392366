import org.jspecify.annotations.NullMarked;

/// Experiments that can be run by name.
@NullMarked
module nestor.examples {
  requires static org.jspecify;
  requires nestor.hope;
  requires nestor.meta;
  requires nestor.train;

  opens nestor.examples.mechanisms to
      nestor.autodiff;
  opens nestor.examples.original to
      nestor.autodiff,
      com.fasterxml.jackson.databind;
  opens nestor.examples.quickstart to
      nestor.autodiff,
      com.fasterxml.jackson.databind;

  provides nestor.train.Experiment with
      nestor.examples.quickstart.QuickstartExperiment,
      nestor.examples.quickstart.AblationExperiment,
      nestor.examples.quickstart.DriftExperiment,
      nestor.examples.original.OriginalExperiment;
  provides nestor.train.conformance.ReferenceMechanism with
      nestor.examples.mechanisms.CmsSequentialCase,
      nestor.examples.mechanisms.DeltaGradientDescentCase,
      nestor.examples.mechanisms.DeltaMomentumCase,
      nestor.examples.mechanisms.M3Case,
      nestor.examples.mechanisms.MamlCase,
      nestor.examples.mechanisms.SelfModifyingTitansCase,
      nestor.examples.mechanisms.TitansMemoryCase;
  provides nestor.train.conformance.ReferenceProgram with
      nestor.examples.original.SeedTrace;
}
