package nestor.meta;

/// One path of a meta-gradient: from the meta-loss through what one level does at one step of a
/// window to a parameter of the generator. [Training#paths] finds and measures them.
///
/// @param parameter what is at its end
/// @param through what it goes through
/// @param strength the norm of the gradient that comes along this path alone; the gradients of all
///   paths to a parameter add up to its meta-gradient, but for truncated ones
/// @param mark what is wrong with it
/// @param why what the mark says, in words; nothing for an open path
public record MetaPath(String parameter, String through, double strength, Mark mark, String why) {
  /// What may be wrong with a path.
  public enum Mark {
    /// Nothing: a gradient comes along it.
    OPEN,
    /// No gradient comes along it, by declaration or since it is exactly 0.
    SEVERED,
    /// It leads out of the window, where it is cut; the strength is that of the gradient at the
    /// cut.
    TRUNCATED,
    /// A squashing function is so flat where it is evaluated that hardly any gradient passes.
    SATURATED,
    /// Its level does not write within the window.
    WAITING
  }
}
