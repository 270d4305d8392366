package nestor.autodiff;

import java.util.List;
import java.util.stream.IntStream;

/// Leaves of a tree that are declared to get no gradient.
///
/// @param patterns paths; `*` stands for one component, `**` for any number of them, none included
public record Frozen(List<String> patterns) {
  /// No leaf is frozen.
  public static final Frozen NONE = new Frozen(List.of());

  /// The leaves with these paths, such as `memory` or `blocks.*.wq`.
  public static Frozen paths(String... patterns) {
    return new Frozen(List.of(patterns));
  }

  /// Whether a leaf's path is among the frozen ones.
  public boolean covers(String path) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, path));
  }

  /// Demands that every pattern covers a leaf: a misspelt one would silently freeze nothing.
  void requireUse(Object tree) {
    if (patterns.isEmpty()) {
      return;
    }
    List<String> paths = Tree.paths(tree);
    for (String pattern : patterns) {
      if (paths.stream().noneMatch(path -> matches(pattern, path))) {
        throw TensorException.at(
            "grad: the frozen path '%s' covers no parameter; the parameters are %s"
                .formatted(pattern, paths));
      }
    }
  }

  private static boolean matches(String pattern, String path) {
    return matches(components(pattern), components(path));
  }

  private static List<String> components(String path) {
    return path.isEmpty() ? List.of() : List.of(path.split("\\.", -1));
  }

  private static boolean matches(List<String> pattern, List<String> path) {
    if (pattern.isEmpty()) {
      return path.isEmpty();
    }
    List<String> rest = pattern.subList(1, pattern.size());
    if (pattern.getFirst().equals("**")) {
      return IntStream.rangeClosed(0, path.size())
          .anyMatch(skipped -> matches(rest, path.subList(skipped, path.size())));
    }
    return !path.isEmpty()
        && (pattern.getFirst().equals("*") || pattern.getFirst().equals(path.getFirst()))
        && matches(rest, path.subList(1, path.size()));
  }
}
