package nestor.train;

import java.util.List;

/// What `./nestor explain NAME` prints: the levels of an experiment, and the paths of its
/// meta-gradient.
///
/// @param levels the levels as a table
/// @param measured where the paths were measured, such as `step 100`
/// @param paths the paths, those to one parameter beside each other
public record Explanation(String levels, String measured, List<Path> paths) {
  /// An explanation of an unchangeable list.
  public Explanation {
    paths = List.copyOf(paths);
  }

  /// A path from the outer loss to something that is meta-learned.
  ///
  /// @param parameter what is meta-learned
  /// @param through what the path goes through on its way there
  /// @param strength the norm of the gradient that comes along this path alone
  /// @param mark what is wrong with it
  /// @param why the mark in words
  public record Path(String parameter, String through, double strength, Mark mark, String why) {}

  /// What may be wrong with a path.
  public enum Mark {
    /// Nothing.
    OPEN("", ""),
    /// No gradient comes along it.
    SEVERED("severed", "no gradient comes along: by declaration, or exactly 0"),
    /// It is cut where the window of the meta-loss begins.
    TRUNCATED(
        "truncated", "cut where the window of the meta-loss begins; strength is that at the cut"),
    /// A squashing function or clip lets hardly any gradient pass.
    SATURATED("saturated", "a squashing function on it is too flat to let much pass"),
    /// Its level does not write at the steps that were measured.
    WAITING("waiting", "its level does not write at the steps that were measured");

    private final String word;
    private final String meaning;

    Mark(String word, String meaning) {
      this.word = word;
      this.meaning = meaning;
    }

    /// The word in tables.
    public String word() {
      return word;
    }

    /// What the legend says of it.
    public String meaning() {
      return meaning;
    }
  }
}
