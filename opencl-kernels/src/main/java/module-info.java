import org.jspecify.annotations.NullMarked;

/// The OpenCL backend: devices, memory, generated and hand-written kernels.
@NullMarked
module nestor.opencl {
  requires static org.jspecify;
  requires transitive nestor.autodiff;
  requires jocl;

  exports nestor.opencl;

  provides nestor.autodiff.Backend with
      nestor.opencl.OpenClBackend,
      nestor.opencl.LockstepBackend;
}
