package nestor.autodiff;

import java.util.List;

/// Leaves of a tree that are declared to get no gradient.
///
/// @param patterns see [PathPattern]
public record Frozen(List<String> patterns) {
  /// No leaf is frozen.
  public static final Frozen NONE = new Frozen(List.of());

  /// The leaves with these paths, such as `memory` or `blocks.*.wq`.
  public static Frozen paths(String... patterns) {
    return new Frozen(List.of(patterns));
  }

  /// Whether a leaf's path is among the frozen ones.
  public boolean covers(String path) {
    return patterns.stream().anyMatch(pattern -> new PathPattern(pattern).covers(path));
  }

  /// Demands that every pattern covers a leaf: a misspelt one would silently freeze nothing.
  void requireUse(Object tree) {
    if (patterns.isEmpty()) {
      return;
    }
    List<String> paths = Tree.paths(tree);
    for (String pattern : patterns) {
      if (paths.stream().noneMatch(new PathPattern(pattern)::covers)) {
        throw TensorException.at(
            "grad: the frozen path '%s' covers no parameter; the parameters are %s"
                .formatted(pattern, paths));
      }
    }
  }
}
