package nestor.autodiff;

/// Something that [Backend#examine] found out about the machine.
///
/// @param grade how it stands
/// @param subject what it is about, in a word
/// @param text what was found
/// @param mend the command, or what else to do, that mends it; empty where there is nothing to mend
public record Finding(Grade grade, String subject, String text, String mend) {
  /// How something stands.
  public enum Grade {
    /// As it should be.
    GOOD,
    /// Not there, and nothing needs it.
    ABSENT,
    /// Not as it should be, but everything else works.
    DOUBTFUL,
    /// Not to be used.
    BROKEN
  }

  /// A finding that needs no mending.
  public static Finding good(String subject, String text) {
    return new Finding(Grade.GOOD, subject, text, "");
  }
}
