package nestor.opencl;

import nestor.autodiff.DType;
import org.jocl.cl_mem;

/// An array on a device. It goes back to the pool when this object is garbage, or sooner by
/// [Memory#release].
final class Buffer {
  private final DType dtype;
  private final int size;
  private final cl_mem memory;
  private Ledger.@org.jspecify.annotations.Nullable Holding holding;

  Buffer(DType dtype, int size, cl_mem memory) {
    this.dtype = dtype;
    this.size = size;
    this.memory = memory;
  }

  /// The type of the elements.
  DType dtype() {
    return dtype;
  }

  /// The number of elements.
  int size() {
    return size;
  }

  /// The bytes of the elements.
  long bytes() {
    return (long) size * dtype.bytes();
  }

  cl_mem memory() {
    return memory;
  }

  void heldBy(Ledger.Holding holding) {
    this.holding = holding;
  }

  void release() {
    if (holding != null) {
      holding.close();
    }
  }
}
