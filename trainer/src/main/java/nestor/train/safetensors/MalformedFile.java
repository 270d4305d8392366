package nestor.train.safetensors;

import java.nio.file.Path;

/// A file that is not what its format asks for: the message names the file, what is wrong and
/// where.
public final class MalformedFile extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int LONGEST = 200;

  /// An error in a file.
  ///
  /// @param file the file
  /// @param what what is wrong with it
  /// @param where the place, such as `byte 8` or `tensor 'w1'`
  public MalformedFile(Path file, String what, String where) {
    super("%s is malformed: %s (%s)".formatted(file, readable(what), readable(where)));
  }

  /// One line of bounded length, whatever names a file holds.
  private static String readable(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "\ufffd");
    return line.length() <= LONGEST
        ? line
        : line.substring(0, LONGEST / 2) + "…" + line.substring(line.length() - LONGEST / 2);
  }

  /// What went wrong, which is never left out.
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
