import org.jspecify.annotations.NullMarked;

/// Automatic differentiation: tensors, operators, transformations and the CPU backends.
@NullMarked
module nestor.autodiff {
  requires static org.jspecify;
  requires static jdk.incubator.vector;

  exports nestor.autodiff;
  exports nestor.autodiff.check;
  exports nestor.autodiff.nn;

  uses nestor.autodiff.Backend;

  provides nestor.autodiff.Backend with
      nestor.autodiff.cpu.CpuBackend,
      nestor.autodiff.reference.ReferenceBackend;
}
