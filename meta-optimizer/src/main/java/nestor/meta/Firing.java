package nestor.meta;

import java.util.List;

/// Which levels are written at a step. Levels that wait cost nothing, so each firing that occurs
/// has a compiled plan of its own.
///
/// @param levels the turn of each level
/// @param generator the turn of the generator, the outermost level
public record Firing(List<Turn> levels, Turn generator) {
  /// What a level does at a step.
  public enum Turn {
    /// Its period is over: it is written.
    WRITES,
    /// It collects its gradient.
    WAITS;

    /// The turn at a step, counted from 1, of a level that is written every `period` steps; 0 is
    /// never.
    static Turn at(long step, int period) {
      return period > 0 && step % period == 0 ? WRITES : WAITS;
    }
  }

  /// A firing of an unchangeable list.
  public Firing {
    levels = List.copyOf(levels);
  }

  /// Whether a level is written.
  boolean writes(int level) {
    return levels.get(level) == Turn.WRITES;
  }
}
