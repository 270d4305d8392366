import org.jspecify.annotations.NullMarked;

/// Automatic differentiation: tensors, operators, transformations and the CPU backends.
@NullMarked
@SuppressWarnings("module") // nestor.opencl is compiled after this one
module nestor.autodiff {
  requires static org.jspecify;
  requires static jdk.incubator.vector;

  exports nestor.autodiff;
  exports nestor.autodiff.check;
  exports nestor.autodiff.nn;
  exports nestor.autodiff.plan to
      nestor.opencl;
  exports nestor.autodiff.plan.loop to
      nestor.opencl;

  uses nestor.autodiff.Backend;

  provides nestor.autodiff.Backend with
      nestor.autodiff.cpu.CpuBackend,
      nestor.autodiff.reference.ReferenceBackend;
}
