package nestor.autodiff;

import java.util.List;
import java.util.stream.IntStream;

/// A pattern for the paths of leaves, such as `blocks.*.wq` or `layers.**`.
///
/// @param pattern components joined by dots; `*` stands for one component, `**` for any number of
///   them, none included
public record PathPattern(String pattern) {
  /// Whether the pattern covers a leaf's path.
  public boolean covers(String path) {
    return covers(components(pattern), components(path));
  }

  private static List<String> components(String path) {
    return path.isEmpty() ? List.of() : List.of(path.split("\\.", -1));
  }

  private static boolean covers(List<String> pattern, List<String> path) {
    if (pattern.isEmpty()) {
      return path.isEmpty();
    }
    List<String> rest = pattern.subList(1, pattern.size());
    if (pattern.getFirst().equals("**")) {
      return IntStream.rangeClosed(0, path.size())
          .anyMatch(skipped -> covers(rest, path.subList(skipped, path.size())));
    }
    return !path.isEmpty()
        && (pattern.getFirst().equals("*") || pattern.getFirst().equals(path.getFirst()))
        && covers(rest, path.subList(1, path.size()));
  }

  @Override
  public String toString() {
    return pattern;
  }
}
