package nestor.opencl;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.DriverException;
import org.jocl.CL;
import org.jocl.cl_context;
import org.jocl.cl_mem;

/// A device's memory. Buffers that are given back wait for the next one of exactly their size, so
/// that reading beyond an array is reading beyond a buffer, which tools can see.
///
/// Garbage gives back its buffers when the Java heap is collected. As a heap of small objects may
/// hold a device full of memory, a collection is asked for when the buffers in use have doubled
/// since the last one, or when there is no room.
///
/// Not safe for several threads: the session's lock is held around all of it.
final class Memory {
  private static final int FEW_BUFFERS = 4096;
  private static final int WAITS = 20;
  private static final int WAIT_MILLIS = 5;

  private final Driver driver;
  private final Device device;
  private final cl_context context;
  private final Ledger ledger;
  private final Map<Long, Deque<cl_mem>> idle = new HashMap<>();
  private long bytesInUse;
  private int inUse;
  private int buffersBeforeCollection = FEW_BUFFERS;
  private long bytesBeforeCollection;

  Memory(Driver driver, Device device, cl_context context, Ledger ledger) {
    this.driver = driver;
    this.device = device;
    this.context = context;
    this.ledger = ledger;
    this.bytesBeforeCollection = device.memory() / 4;
  }

  /// An array with undefined elements.
  ///
  /// @param label where it is asked for, for reports of what was forgotten
  Buffer allocate(DType dtype, int size, String label) {
    long bytes = Math.max(1, (long) size * dtype.bytes());
    ledger.reclaim();
    if (inUse >= buffersBeforeCollection || bytesInUse + bytes >= bytesBeforeCollection) {
      collect();
      buffersBeforeCollection = Math.max(FEW_BUFFERS, 2 * inUse);
      bytesBeforeCollection = Math.max(device.memory() / 4, 2 * bytesInUse);
    }
    cl_mem memory = take(bytes);
    Buffer buffer = new Buffer(dtype, size, memory);
    bytesInUse += bytes;
    inUse++;
    buffer.heldBy(
        ledger.hold(
            buffer,
            () -> {
              bytesInUse -= bytes;
              inUse--;
              idle.computeIfAbsent(bytes, key -> new ArrayDeque<>()).push(memory);
            },
            label));
    return buffer;
  }

  private cl_mem take(long bytes) {
    Deque<cl_mem> ready = idle.get(bytes);
    if (ready != null && !ready.isEmpty()) {
      return ready.pop();
    }
    if (bytes > device.largestBuffer()) {
      throw noRoom(bytes, "it has no buffers larger than " + Device.size(device.largestBuffer()));
    }
    try {
      return create(bytes);
    } catch (DriverException e) {
      if (!e.isNoRoom()) {
        throw e;
      }
    }
    trim();
    try {
      return create(bytes);
    } catch (DriverException e) {
      if (!e.isNoRoom()) {
        throw e;
      }
    }
    collect();
    trim();
    try {
      return create(bytes);
    } catch (DriverException e) {
      if (!e.isNoRoom()) {
        throw e;
      }
      throw noRoom(
          bytes,
          "of its %s, %s are in use here"
              .formatted(Device.size(device.memory()), Device.size(bytesInUse)));
    }
  }

  private TensorException noRoom(long bytes, String why) {
    return new TensorException(
        "the OpenCL device '%s' has no room for another %s: %s; hold less: smaller batches, checkpoint, scan with Keep.SQRT"
            .formatted(device.name(), Device.size(bytes), why));
  }

  private cl_mem create(long bytes) {
    long flags = CL.CL_MEM_READ_WRITE | (device.sharesMemory() ? CL.CL_MEM_ALLOC_HOST_PTR : 0L);
    cl_mem memory = driver.buffer(context, flags, bytes);
    ledger.count(Census.Kind.BUFFER, 1);
    return memory;
  }

  /// Has the Java heap collected and takes back what that finds.
  private void collect() {
    int before = inUse;
    System.gc();
    for (int i = 0; i < WAITS && inUse == before; i++) { // references arrive a little later
      try {
        Thread.sleep(WAIT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      ledger.reclaim();
    }
    ledger.reclaim();
  }

  /// The bytes that are not in use.
  long room() {
    return device.memory() - bytesInUse;
  }

  /// Gives memory that waits for its next use back to the driver.
  void trim() {
    for (Deque<cl_mem> all : idle.values()) {
      while (!all.isEmpty()) {
        driver.release(all.pop());
        ledger.count(Census.Kind.BUFFER, -1);
      }
    }
    idle.clear();
  }
}
