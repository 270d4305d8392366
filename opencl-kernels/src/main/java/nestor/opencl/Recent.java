package nestor.opencl;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/// What was made for the keys that were asked for last. Attributes of operators change from step to
/// step, such as the number that is folded into a random key, so keeping everything would grow
/// without end.
///
/// @param <K> the keys
/// @param <V> what is made for them
final class Recent<K, V> {
  private static final int MOST = 1024;
  private static final float LOAD = 0.75f;

  private final Map<K, V> known =
      new LinkedHashMap<>(16, LOAD, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
          return size() > MOST;
        }
      };

  /// What is known for a key, else what is made now.
  synchronized V get(K key, Supplier<V> made) {
    V value = known.get(key);
    if (value == null) {
      value = made.get();
      known.put(key, value);
    }
    return value;
  }

  synchronized void clear() {
    known.clear();
  }
}
