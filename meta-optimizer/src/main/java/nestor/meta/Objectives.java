package nestor.meta;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import nestor.autodiff.Tensor;

/// What the levels of a nested learner descend on: one objective that they share, and those that
/// some of them have for themselves, see [Level#on]. Each takes from the data of a step what is its
/// context. None may be below 0, since steps are in units of Polyak's, for which the least loss is
/// 0.
///
/// ```java
/// var objectives = Objectives.of(Net::error).with("size", (net, b) -> net.recall(b.x()).square().mean());
/// var levels = Levels.of(Level.of("fast", "fast.**"), Level.of("slow", "slow.**").on("size"));
/// var training = Training.compiled(new MetaOptimizer(levels, Adam.withRate(1e-3), 1), objectives);
/// ```
///
/// @param <P> the parameters, a tree
/// @param <D> the data of a step, a tree
/// @param shared the loss that also the generator learns from
/// @param own the others by name
public record Objectives<P, D>(
    BiFunction<P, D, Tensor> shared, Map<String, BiFunction<P, D, Tensor>> own) {
  /// Objectives of an unchangeable map.
  public Objectives {
    if (own.containsKey(Level.SHARED)) {
      throw new IllegalArgumentException(
          "no objective of its own can be named '%s'; give it another name"
              .formatted(Level.SHARED));
    }
    own = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(own));
  }

  /// An objective that all levels share.
  public static <P, D> Objectives<P, D> of(BiFunction<P, D, Tensor> shared) {
    return new Objectives<>(shared, Map.of());
  }

  /// These and a further one.
  public Objectives<P, D> with(String name, BiFunction<P, D, Tensor> objective) {
    Map<String, BiFunction<P, D, Tensor>> more = new LinkedHashMap<>(own);
    more.put(name, objective);
    return new Objectives<>(shared, more);
  }

  /// The objective of this name.
  BiFunction<P, D, Tensor> named(String name) {
    BiFunction<P, D, Tensor> found = name.equals(Level.SHARED) ? shared : own.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "a level descends on '%s', but the objectives are %s"
              .formatted(name, List.copyOf(own.keySet())));
    }
    return found;
  }
}
