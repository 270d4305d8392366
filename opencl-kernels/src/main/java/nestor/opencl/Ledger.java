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

/// What this process holds of a device: every handle is counted and released once, when its owner
/// says so, has become garbage, or the backend is closed.
///
/// Not safe for several threads: the session's lock is held around all of it.
final class Ledger {
  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();
  private final Set<Holding> held = new HashSet<>();
  private final Map<Census.Kind, Integer> counts = new EnumMap<>(Census.Kind.class);

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
  /// @param label what it is and where it came from, for those who forget it
  Holding hold(Object owner, Runnable release, String label) {
    Holding holding = new Holding(owner, release, label);
    held.add(holding);
    return holding;
  }

  /// How many owners hold something.
  int holders() {
    return held.size();
  }

  /// Counts handles of the driver as they come and go.
  void count(Census.Kind kind, int change) {
    counts.merge(kind, change, Integer::sum);
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

  /// Releases everything; gives the labels of what was still held.
  List<String> closeAll() {
    reclaim();
    List<Holding> rest = new ArrayList<>(held);
    rest.forEach(Holding::close);
    return rest.stream().map(holding -> holding.label).toList();
  }
}
