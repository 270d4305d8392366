package nestor.opencl;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.DriverException;
import org.jocl.NativePointerObject;
import org.jspecify.annotations.Nullable;

/// What this process holds of a device: every handle is counted and released once, when its owner
/// says so, has become garbage, or the backend is closed.
///
/// Not safe for several threads: the session's lock is held around all of it.
final class Ledger {
  private final Driver driver;
  private final Leaks leaks;
  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();
  private final Set<Holding> held = new HashSet<>();
  private final Map<Census.Kind, Integer> counts = new EnumMap<>(Census.Kind.class);
  private @Nullable List<Holding> recent;

  Ledger(Driver driver, Leaks leaks) {
    this.driver = driver;
    this.leaks = leaks;
  }

  /// Something held for an owner.
  final class Holding extends PhantomReference<Object> {
    private final Runnable release;
    private final String label;

    private Holding(Object owner, Runnable release, String label) {
      super(owner, unreachable);
      this.release = release;
      this.label = label;
    }

    /// Releases it, unless that has happened.
    void close() {
      if (held.remove(this)) {
        clear();
        release.run();
      }
    }
  }

  /// Holds something until its owner closes it or is garbage.
  ///
  /// @param owner what must not be reachable from `release`
  /// @param release gives it back
  /// @param label what it is, for the report of what was forgotten; empty for what is not reported
  Holding hold(Object owner, Runnable release, String label) {
    Holding holding = new Holding(owner, release, label.isEmpty() ? label : leaks.label(label));
    held.add(holding);
    if (recent != null) {
      recent.add(holding);
    }
    return holding;
  }

  /// Makes something whole or not at all: where that fails, what it came to hold is released.
  <T> T whole(Supplier<T> making) {
    List<Holding> outer = recent;
    List<Holding> own = new ArrayList<>();
    recent = own;
    try {
      return making.get();
    } catch (DriverException | TensorException e) {
      own.forEach(Holding::close);
      throw e;
    } finally {
      recent = outer;
    }
  }

  /// Makes something that stays even where what is being made [#whole] fails.
  <T> T apart(Supplier<T> making) {
    List<Holding> outer = recent;
    recent = null;
    try {
      return making.get();
    } finally {
      recent = outer;
    }
  }

  /// Counts a handle that the driver has just made.
  void opened(Census.Kind kind) {
    counts.merge(kind, 1, Integer::sum);
  }

  /// Gives a handle back to the driver. Where the driver fails at that, as it does once the device
  /// is lost, there is nothing more to be done about it.
  void release(Census.Kind kind, NativePointerObject handle) {
    counts.merge(kind, -1, Integer::sum);
    try {
      driver.release(handle);
    } catch (DriverException ignored) {
      // The next command says what is wrong.
    }
  }

  /// The driver's open handles.
  Census census() {
    return new Census(Map.copyOf(counts));
  }

  /// Releases what belonged to garbage.
  void reclaim() {
    for (Reference<?> next = unreachable.poll(); next != null; next = unreachable.poll()) {
      ((Holding) next).close();
    }
  }

  /// Releases everything; gives the labels of what was still held and is reported.
  List<String> closeAll() {
    reclaim();
    List<Holding> rest = new ArrayList<>(held);
    rest.forEach(Holding::close);
    return rest.stream().map(holding -> holding.label).filter(label -> !label.isEmpty()).toList();
  }
}
