package nestor.examples.quickstart;

import java.util.Locale;

/// What can be turned off, to see what it contributes.
public enum Mechanism {
  /// Nothing is turned off.
  NONE("the whole learner"),
  /// Layers without a memory.
  MEMORY("no memory: layers without one"),
  /// The delta rule without its forgetting gate.
  FORGETTING("no forgetting: the delta rule alone"),
  /// Layers without a continuum memory system.
  CMS("no CMS: layers without its blocks"),
  /// All blocks of the continuum memory system written at every step.
  PERIODS("one clock: every block writes at every step"),
  /// A step generator that stays as it was initialized.
  META_LEARNING("no meta-learning: the generator stays as it began"),
  /// Momentum as a linear memory of gradients.
  DEEP_MOMENTUM("no deep momentum: the classical one"),
  /// Directions that are only normalized.
  NEWTON_SCHULZ("no Newton–Schulz: directions only normalized");

  private final String description;

  Mechanism(String description) {
    this.description = description;
  }

  /// What is left without it.
  String description() {
    return description;
  }

  /// The name as it is given to `--set ablate=`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
