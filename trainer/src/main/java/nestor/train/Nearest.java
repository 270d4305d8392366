package nestor.train;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Finds the name that was meant.
public final class Nearest {
  private Nearest() {}

  /// The name that takes the fewest edits to get from `typed`, if that is few enough to be meant.
  public static Optional<String> to(String typed, Collection<String> names) {
    return names.stream()
        .filter(name -> distance(typed, name) <= Math.max(2, name.length() / 3))
        .min(Comparator.comparingInt(name -> distance(typed, name)));
  }

  /// `; did you mean X?` where something is near, else `; there are X, Y and Z`.
  public static String hint(String typed, Collection<String> names) {
    return to(typed, names)
        .map(name -> "; did you mean " + name + "?")
        .orElseGet(() -> names.isEmpty() ? "; there are none" : "; there are " + list(names));
  }

  /// Names as one writes them: `a, b and c`.
  public static String list(Collection<String> names) {
    List<String> all = List.copyOf(names);
    if (all.size() < 2) {
      return String.join("", all);
    }
    return String.join(", ", all.subList(0, all.size() - 1)) + " and " + all.getLast();
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words.
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replaced, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
