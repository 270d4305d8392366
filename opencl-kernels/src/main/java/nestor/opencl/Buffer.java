package nestor.opencl;

import nestor.autodiff.DType;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;

/// An array on a device. It goes back to the pool when this object is garbage, or sooner by
/// [#release].
final class Buffer {
  private final DType dtype;
  private final int size;
  private final cl_mem memory;
  private Ledger.@Nullable Holding holding;

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

  /// Where it is.
  cl_mem memory() {
    return memory;
  }

  /// Says what counts it as held.
  void heldBy(Ledger.Holding holding) {
    this.holding = holding;
  }

  /// Gives it back, unless that has happened.
  void release() {
    if (holding != null) {
      holding.close();
    }
  }
}
