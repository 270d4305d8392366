package nestor.meta;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import nestor.autodiff.PathPattern;
import nestor.autodiff.Tree;

/// The levels of a nested learner, which share its parameters out among them.
///
/// @param levels in the order in which tables and metrics name them
public record Levels(List<Level> levels) {
  /// Levels with names of their own.
  public Levels {
    Set<String> names = new HashSet<>();
    for (Level level : levels) {
      if (!names.add(level.name())) {
        throw new IllegalArgumentException("two levels have the name " + level.name());
      }
    }
    levels = List.copyOf(levels);
  }

  /// These levels.
  public static Levels of(Level... levels) {
    return new Levels(List.of(levels));
  }

  /// The number of levels.
  public int count() {
    return levels.size();
  }

  /// For each level, which leaves of `params` it writes: positions in the order of [Tree#leaves].
  ///
  /// @throws IllegalArgumentException where a leaf belongs to no level or to two, or a path covers
  ///   no leaf
  public List<List<Integer>> shares(Object params) {
    List<String> paths = Tree.paths(params);
    for (Level level : levels) {
      for (PathPattern pattern : level.writes()) {
        if (paths.stream().noneMatch(pattern::covers)) {
          throw new IllegalArgumentException(
              "the level %s writes '%s', which covers no parameter; the parameters are %s"
                  .formatted(level.name(), pattern, paths));
        }
      }
    }
    List<List<Integer>> shares = new ArrayList<>();
    levels.forEach(level -> shares.add(new ArrayList<>()));
    for (int leaf = 0; leaf < paths.size(); leaf++) {
      shares.get(writer(paths.get(leaf))).add(leaf);
    }
    return shares;
  }

  /// The names of what levels descend on.
  List<String> objectives() {
    return levels.stream().map(Level::objective).distinct().toList();
  }

  /// The positions of the levels that descend on an objective.
  List<Integer> descending(String objective) {
    return IntStream.range(0, levels.size())
        .filter(i -> levels.get(i).objective().equals(objective))
        .boxed()
        .toList();
  }

  /// The paths of the parameters that are written by levels with other objectives.
  List<String> foreign(String objective, Object params) {
    if (descending(objective).size() == levels.size()) {
      return List.of();
    }
    List<String> paths = Tree.paths(params);
    List<List<Integer>> shares = shares(params);
    return IntStream.range(0, levels.size())
        .filter(i -> !levels.get(i).objective().equals(objective))
        .boxed()
        .flatMap(i -> shares.get(i).stream().map(paths::get))
        .toList();
  }

  /// The position of the one level that writes a parameter.
  private int writer(String path) {
    List<Integer> writers = new ArrayList<>();
    for (int i = 0; i < levels.size(); i++) {
      if (levels.get(i).writes().stream().anyMatch(pattern -> pattern.covers(path))) {
        writers.add(i);
      }
    }
    if (writers.size() == 1) {
      return writers.getFirst();
    }
    throw new IllegalArgumentException(
        writers.isEmpty()
            ? "no level writes the parameter '%s'; add it to one".formatted(path)
            : "the levels %s and %s both write the parameter '%s'; let one of them leave it"
                .formatted(
                    levels.get(writers.get(0)).name(), levels.get(writers.get(1)).name(), path));
  }

  /// The levels as a table.
  @Override
  public String toString() {
    return LevelTable.of(this).toString();
  }
}
