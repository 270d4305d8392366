package nestor.opencl;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import nestor.autodiff.Composite;
import nestor.autodiff.DType;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.DriverException;
import nestor.opencl.source.Style;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_kernel;

/// An open device: its memory, its programs, one queue that runs everything in order, and another
/// one by which the host writes arrays that no command uses yet. Callers of more than one method
/// hold its monitor.
final class Session {
  /// The system property that names another layout of work than the one that fits the device.
  static final String STYLE = "nestor.opencl.style";

  private static final String GROUP = "nestor.opencl.group";

  /// Commands after which the host waits, or it could run ahead of the device without end.
  private static final int MOST_ENQUEUED = 8192;

  private static final int FAULT_WORDS = 4;
  private static final int MOST_IN_GROUP = 128;
  private static final int ITEMS_PER_UNIT = 16;

  private final Driver driver;
  private final Installation.Found found;
  private final Device device;
  private final Leaks leaks = Leaks.standard();
  private final cl_context context;
  private final cl_command_queue queue;
  private final cl_command_queue transfers;
  private final Ledger ledger;
  private final Memory memory;
  private final Programs programs;
  private final Buffer faults;
  private final List<Fault> sentences = new ArrayList<>();
  private final Map<Composite.Pass, CustomKernel> attached = new ConcurrentHashMap<>();
  private final Map<String, Buffer> shared = new HashMap<>();
  private final Tuning tuning;
  private final Watch watch;
  private final Style style;
  private final int groupSize;
  private int enqueued;
  private boolean faultsPossible;
  private boolean closed;

  /// What a kernel's complaint means.
  interface Fault {
    /// A sentence about a number that the kernel came across.
    String sentence(long number);
  }

  /// Opens a device.
  ///
  /// @throws TensorException if that fails; then nothing is held
  static Session open(Driver driver, Installation.Found found, BinaryCache cache) {
    try {
      return new Session(driver, found, cache);
    } catch (DriverException e) {
      throw new TensorException(
          "the OpenCL device '%s' cannot be opened: %s"
              .formatted(found.device().name(), e.getMessage()));
    }
  }

  private Session(Driver driver, Installation.Found found, BinaryCache cache) {
    this.driver = driver;
    this.found = found;
    this.device = found.device();
    this.ledger = new Ledger(driver, leaks);
    this.style = style(device);
    int wanted = Math.max(1, Integer.getInteger(GROUP, MOST_IN_GROUP));
    this.groupSize = Integer.highestOneBit(Math.min(wanted, device.groupSize()));
    this.context = driver.context(found.id());
    ledger.opened(Census.Kind.CONTEXT);
    try {
      this.queue = driver.queue(context, found.id());
    } catch (DriverException e) {
      ledger.release(Census.Kind.CONTEXT, context);
      throw e;
    }
    ledger.opened(Census.Kind.QUEUE);
    try {
      this.transfers = driver.queue(context, found.id());
    } catch (DriverException e) {
      ledger.release(Census.Kind.QUEUE, queue);
      ledger.release(Census.Kind.CONTEXT, context);
      throw e;
    }
    ledger.opened(Census.Kind.QUEUE);
    this.memory = new Memory(driver, device, context, ledger);
    this.tuning = new Tuning(this, cache);
    this.programs = new Programs(driver, found, context, ledger, cache);
    this.watch = new Watch(this);
    try {
      this.faults = upload(new int[FAULT_WORDS], "");
    } catch (DriverException | TensorException e) {
      close();
      throw e;
    }
  }

  /// Lanes for processors and threads for the others, unless the system property
  /// `nestor.opencl.style` says otherwise.
  private static Style style(Device device) {
    Style fitting = device.kind() == Device.Kind.CPU ? Style.LANES : Style.THREADS;
    String wanted = System.getProperty(STYLE, fitting.name());
    for (Style style : Style.values()) {
      if (style.name().equalsIgnoreCase(wanted)) {
        return style;
      }
    }
    throw new TensorException(
        "the system property %s is '%s'; it can be lanes or threads".formatted(STYLE, wanted));
  }

  Device device() {
    return device;
  }

  Driver driver() {
    return driver;
  }

  cl_command_queue queue() {
    return queue;
  }

  Programs programs() {
    return programs;
  }

  Ledger ledger() {
    return ledger;
  }

  Memory memory() {
    return memory;
  }

  /// Where kernels complain: the number of a [#fault], and what they came across in two words.
  Buffer faults() {
    return faults;
  }

  /// Does something with the device, unless it is closed. Where the device is lost meanwhile, that
  /// is said once and the session closed.
  synchronized <T> T use(Supplier<T> work) {
    if (closed) {
      throw new TensorException(
          "the OpenCL backend on '%s' is closed, and what it stored is gone; open another one"
              .formatted(device.name()));
    }
    try {
      return work.get();
    } catch (DriverException e) {
      if (e.isLateNoRoom()) {
        memory.trim();
        throw memory.noRoom(e);
      }
      close();
      throw new TensorException(
          "the OpenCL device '%s' was lost (%s), and the backend on it is closed; what it stored is gone"
              .formatted(device.name(), e.getMessage()));
    }
  }

  /// A new array with the elements of a Java array. It does not wait for what is enqueued.
  synchronized Buffer upload(Object array, String label) {
    Object plain = HostArray.plain(array);
    if (memory.isWorthWaiting((long) HostArray.size(array) * HostArray.dtype(array).bytes())) {
      finish();
    }
    Buffer buffer = memory.allocateSettled(HostArray.dtype(array), HostArray.size(array), label);
    if (buffer.bytes() == 0) {
      return buffer;
    }
    driver.write(transfers, buffer.memory(), buffer.bytes(), HostArray.pointer(plain));
    return buffer;
  }

  /// The elements of an array, after everything before is done.
  synchronized Object download(Buffer buffer) {
    Object plain = read(buffer);
    if (faultsPossible) {
      faultsPossible = false;
      complain((int[]) read(faults));
    }
    return HostArray.meant(plain, buffer.dtype());
  }

  private Object read(Buffer buffer) {
    Object plain = HostArray.newPlain(buffer.dtype(), buffer.size());
    if (buffer.bytes() == 0) {
      finish();
      return plain;
    }
    if (device.sharesMemory()) {
      ByteBuffer mapped = driver.map(queue, buffer.memory(), CL.CL_MAP_READ, buffer.bytes());
      HostArray.copy(MemorySegment.ofBuffer(mapped), plain);
      driver.unmap(queue, buffer.memory(), mapped);
    } else {
      driver.read(queue, buffer.memory(), 0, buffer.bytes(), HostArray.pointer(plain));
    }
    settled();
    return plain;
  }

  /// A number by which kernels can complain, see [#faults].
  synchronized int fault(Fault sentence) {
    sentences.add(sentence);
    return sentences.size();
  }

  /// Says that a kernel was enqueued that can complain.
  void expectFaults() {
    faultsPossible = true;
  }

  private void complain(int[] words) {
    if (words[0] == 0) {
      return;
    }
    driver.write(queue, faults.memory(), faults.bytes(), Pointer.to(new int[FAULT_WORDS]));
    long number = (words[2] & 0xffffffffL) | (long) words[3] << 32;
    throw new TensorException(sentences.get(words[0] - 1).sentence(number));
  }

  /// Has a kernel run for a pass of a composite function from now on.
  void attach(Composite.Pass pass, CustomKernel kernel) {
    attached.put(pass, kernel);
  }

  /// Whether a kernel is attached to a pass.
  boolean hasAttached(Composite.Pass pass) {
    return attached.containsKey(pass);
  }

  /// The kernel that is attached to a pass.
  CustomKernel attached(Composite.Pass pass) {
    return Objects.requireNonNull(attached.get(pass), pass.name());
  }

  /// An array with undefined elements.
  synchronized Buffer allocate(DType dtype, int size, String label) {
    return memory.allocate(dtype, size, label);
  }

  /// A new array with the elements of another one.
  synchronized Buffer copy(Buffer from) {
    Buffer to = allocate(from.dtype(), from.size(), "a copy");
    copy(from, 0, to, 0, from.size());
    return to;
  }

  /// Enqueues a copy of elements.
  void copy(Buffer from, int fromOffset, Buffer to, int toOffset, int count) {
    if (count > 0) {
      long each = from.dtype().bytes();
      driver.copy(
          queue, from.memory(), fromOffset * each, to.memory(), toOffset * each, count * each);
    }
  }

  /// An array for intermediate results of a kernel.
  Call.Own scratch(DType dtype, int size) {
    return new Call.Own(allocate(dtype, size, "intermediate results"));
  }

  /// An array for intermediate results that are not needed any more when the next user of the same
  /// role asks for them, which all share.
  Call.Own shared(String role, DType dtype, int size) {
    int rounded = Math.max(64, Integer.highestOneBit(Math.max(1, size - 1)) << 1);
    return new Call.Own(
        shared.computeIfAbsent(
            role + " " + dtype + " " + rounded,
            key -> ledger.apart(() -> allocate(dtype, rounded, ""))));
  }

  /// What counts runs of plans.
  Watch watch() {
    return watch;
  }

  /// What was found out about speed.
  Tuning tuning() {
    return tuning;
  }

  /// A table of numbers for a kernel.
  Call.Table table(int[] numbers) {
    return new Call.Table(upload(numbers, "a table"));
  }

  /// Demands that a kernel can run in the groups of a call, which its registers may forbid.
  void requireGroup(cl_kernel kernel, Call call) {
    long most = driver.groupSize(kernel, found.id());
    long asked = LongStream.of(call.local()).reduce(1, (a, b) -> a * b);
    if (asked > most) {
      throw new TensorException(
          "the OpenCL kernel '%s' would run in groups of %d, but '%s' can run it in no more than %d; ask for smaller ones by the system property %s, or by inGroupsOf for a kernel of your own"
              .formatted(call.source().name(), asked, device.name(), most, GROUP));
    }
  }

  /// How work is laid out on the device.
  Style style() {
    return style;
  }

  /// Work items among which a processor shares work. Drivers hand groups out in shrinking portions,
  /// of which the first is half of all (PoCL), so that a few for each unit would be shared
  /// unevenly.
  int items() {
    return ITEMS_PER_UNIT * device.units();
  }

  /// Work items of a group where each does a little.
  int groupSize() {
    return groupSize;
  }

  /// Counts commands, and waits where they have become many.
  void enqueued(int commands) {
    enqueued += commands;
    if (enqueued > MOST_ENQUEUED) {
      finish();
    }
  }

  /// Waits until everything is done.
  synchronized void finish() {
    driver.finish(queue);
    settled();
  }

  private void settled() {
    enqueued = 0;
    memory.settle();
  }

  /// Waits for what is enqueued and gives everything back.
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (leaks == Leaks.REPORTED) {
      memory.collect(); // what is garbage was not forgotten
    }
    try {
      driver.finish(queue);
    } catch (DriverException ignored) {
      // The device is lost: nothing is enqueued any more.
    }
    List<String> rest = ledger.closeAll();
    memory.trim();
    programs.close();
    ledger.release(Census.Kind.QUEUE, transfers);
    ledger.release(Census.Kind.QUEUE, queue);
    ledger.release(Census.Kind.CONTEXT, context);
    leaks.report(device.name(), rest);
  }
}
