package nestor.autodiff.cpu.loop;

import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/// What stands for things while code is written, such as variables for values. Asking for what is
/// not there is a mistake.
///
/// @param <K> the things
/// @param <V> what stands for them
final class Bindings<K, V> {
  private final Map<K, V> known = new HashMap<>();

  void put(K key, V value) {
    known.put(key, value);
  }

  V get(K key) {
    V value = known.get(key);
    if (value == null) {
      throw new NoSuchElementException("nothing stands for " + key);
    }
    return value;
  }

  V remove(K key) {
    V value = get(key);
    known.remove(key);
    return value;
  }
}
