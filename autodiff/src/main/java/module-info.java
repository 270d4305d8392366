/// Automatic differentiation: tensors, operators, transformations and the CPU backends.
module nestor.autodiff {
  requires static jdk.incubator.vector;

  exports nestor.autodiff;

  uses nestor.autodiff.Backend;

  provides nestor.autodiff.Backend with
      nestor.autodiff.reference.ReferenceBackend;
}
