package nestor.autodiff;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Leaves of a tree that are declared to get no gradient.
///
/// @param patterns paths; `*` stands for one component, `**` for any number of them
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

  private static boolean matches(String pattern, String path) {
    String regex =
        Arrays.stream(pattern.split("\\.", -1))
            .map(
                part ->
                    switch (part) {
                      case "*" -> "[^.]*";
                      case "**" -> ".*";
                      default -> Pattern.quote(part);
                    })
            .collect(Collectors.joining("\\."));
    return path.matches(regex);
  }
}
