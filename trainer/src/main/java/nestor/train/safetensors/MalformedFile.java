package nestor.train.safetensors;

import java.nio.file.Path;

/// A file that is not what its format asks for: the message names the file, what is wrong and
/// where.
public final class MalformedFile extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// An error in a file.
  ///
  /// @param file the file
  /// @param what what is wrong with it
  /// @param where the place, such as `byte 8` or `tensor 'w1'`
  public MalformedFile(Path file, String what, String where) {
    super("%s is malformed: %s (%s)".formatted(file, what, where));
  }
}
