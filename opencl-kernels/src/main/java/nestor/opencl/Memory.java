package nestor.opencl;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
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
  private static final long FEW_BYTES = 256 << 20;
  private static final int MOST_IDLE = 2 * FEW_BUFFERS;
  private static final long MOST_WAITING = 1 << 20; // bytes
  private static final int WAITS = 50;
  private static final int WAIT_MILLIS = 2;

  private final Driver driver;
  private final Device device;
  private final cl_context context;
  private final Ledger ledger;
  private final Map<Long, Deque<cl_mem>> idle = new HashMap<>();
  private final Map<Long, Deque<cl_mem>> recent = new HashMap<>(); // commands may still use them
  private int idleBuffers;
  private long bytesInUse;
  private int inUse;
  private int buffersBeforeCollection = FEW_BUFFERS;
  private long bytesBeforeCollection;

  Memory(Driver driver, Device device, cl_context context, Ledger ledger) {
    this.driver = driver;
    this.device = device;
    this.context = context;
    this.ledger = ledger;
    this.bytesBeforeCollection = fewBytes();
  }

  /// An array with undefined elements, for commands that are enqueued from now on.
  ///
  /// @param label where it is asked for, for reports of what was forgotten
  Buffer allocate(DType dtype, int size, String label) {
    return allocate(dtype, size, label, List.of(recent, idle));
  }

  /// An array with undefined elements that no enqueued command uses, for the host to write.
  Buffer allocateSettled(DType dtype, int size, String label) {
    return allocate(dtype, size, label, List.of(idle));
  }

  private Buffer allocate(
      DType dtype, int size, String label, List<Map<Long, Deque<cl_mem>>> pools) {
    long bytes = Math.max(1, (long) size * dtype.bytes());
    ledger.reclaim();
    if (inUse >= buffersBeforeCollection || bytesInUse + bytes >= bytesBeforeCollection) {
      collect();
      buffersBeforeCollection = Math.max(FEW_BUFFERS, 2 * inUse);
      bytesBeforeCollection = Math.max(fewBytes(), 2 * bytesInUse);
    }
    cl_mem memory = take(bytes, pools);
    Buffer buffer = new Buffer(dtype, size, memory);
    bytesInUse += bytes;
    inUse++;
    buffer.heldBy(ledger.hold(buffer, () -> giveBack(memory, bytes), label));
    return buffer;
  }

  private void giveBack(cl_mem memory, long bytes) {
    bytesInUse -= bytes;
    inUse--;
    recent.computeIfAbsent(bytes, key -> new ArrayDeque<>()).push(memory);
    if (++idleBuffers > MOST_IDLE) { // of sizes that are not asked for again
      trim();
    }
  }

  /// Whether so many arrays of this size were given back of late that waiting for the commands that
  /// may still use them is better than to make more.
  boolean isWorthWaiting(long bytes) {
    Deque<cl_mem> waiting = recent.get(bytes);
    return waiting != null && waiting.size() * Math.max(bytes, 1 << 10) > MOST_WAITING;
  }

  /// Says that all commands are done that were enqueued before.
  void settle() {
    recent.forEach(
        (bytes, all) -> idle.computeIfAbsent(bytes, key -> new ArrayDeque<>()).addAll(all));
    recent.clear();
  }

  private cl_mem take(long bytes, List<Map<Long, Deque<cl_mem>>> pools) {
    for (Map<Long, Deque<cl_mem>> pool : pools) {
      Deque<cl_mem> ready = pool.get(bytes);
      if (ready != null && !ready.isEmpty()) {
        idleBuffers--;
        return ready.pop();
      }
    }
    if (bytes > device.largestBuffer()) {
      throw noRoom(
          "another " + Device.size(bytes),
          "it has no buffers larger than " + Device.size(device.largestBuffer()));
    }
    for (Runnable makingRoom : List.<Runnable>of(() -> {}, this::trim, this::collectAndTrim)) {
      makingRoom.run();
      try {
        return create(bytes);
      } catch (DriverException e) {
        if (!e.isNoRoom()) {
          throw e;
        }
      }
    }
    throw noRoom("another " + Device.size(bytes), inUse());
  }

  /// The error that a driver had no room for a command, which it may notice late.
  TensorException noRoom(DriverException why) {
    return noRoom("a command (%s)".formatted(why.getMessage()), inUse());
  }

  private String inUse() {
    return "of its %s, %s are in use here, which leaves %s"
        .formatted(Device.size(device.memory()), Device.size(bytesInUse), Device.size(room()));
  }

  private TensorException noRoom(String what, String why) {
    return new TensorException(
        "the OpenCL device '%s' has no room for %s: %s; hold less: smaller batches, checkpoint, scan with Keep.SQRT"
            .formatted(device.name(), what, why));
  }

  private cl_mem create(long bytes) {
    long flags = CL.CL_MEM_READ_WRITE | (device.sharesMemory() ? CL.CL_MEM_ALLOC_HOST_PTR : 0L);
    cl_mem memory = driver.buffer(context, flags, bytes);
    ledger.opened(Census.Kind.BUFFER);
    return memory;
  }

  private long fewBytes() {
    return Math.min(FEW_BYTES, device.memory() / 4);
  }

  /// Has the Java heap collected and takes back what that finds. References arrive a little later;
  /// one to garbage made for that says when.
  void collect() {
    AtomicBoolean arrived = new AtomicBoolean();
    ledger.hold(new Object(), () -> arrived.set(true), "");
    System.gc();
    int before = -1;
    for (int i = 0; i < WAITS && !(arrived.get() && inUse == before); i++) {
      before = inUse;
      try {
        Thread.sleep(WAIT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      ledger.reclaim();
    }
  }

  /// The bytes that are not in use.
  long room() {
    return Math.max(0, device.memory() - bytesInUse);
  }

  private void collectAndTrim() {
    collect();
    trim();
  }

  /// Gives memory that waits for its next use back to the driver.
  void trim() {
    settle(); // the driver keeps what commands use
    for (Deque<cl_mem> all : idle.values()) {
      all.forEach(memory -> ledger.release(Census.Kind.BUFFER, memory));
    }
    idle.clear();
    idleBuffers = 0;
  }
}
