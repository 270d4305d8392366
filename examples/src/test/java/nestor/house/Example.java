package nestor.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;

/// An example of the documentation: what stands between ```` ```java ```` and ```` ``` ```` in a
/// `///` comment.
///
/// @param path the source, from the repository's root
/// @param line where the example begins in it
/// @param code its statements
record Example(Path path, long line, String code) {
  /// The examples of a source, in their order.
  static List<Example> in(Path path) {
    List<Example> found = new ArrayList<>();
    List<String> open = null;
    List<String> lines = lines(path);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      String comment = line.startsWith("///") ? line.substring(3) : "";
      if (open == null) {
        open = comment.equals(" ```java") ? new ArrayList<>() : null;
      } else if (comment.equals(" ```")) {
        found.add(new Example(path, i + 1 - open.size(), String.join("\n", open)));
        open = null;
      } else if (line.startsWith("///")) {
        open.add(comment);
      } else {
        throw new AssertionError("%s:%d: the example has no end".formatted(path, i + 1));
      }
    }
    return found;
  }

  private static List<String> lines(Path path) {
    try {
      return Files.readAllLines(Sources.HOME.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A class of its own, whose second line is the first of the example.
  ///
  /// @param imports in one line
  /// @param owner the class that declares what examples take for granted
  JavaFileObject asSource(String name, String imports, String owner) {
    String method = "abstract class %s extends %s { void run() {".formatted(name, owner);
    return SimpleJavaFileObject.forSource(
        URI.create("example:///" + name + ".java"),
        imports + " " + method + "\n" + code + "\n}}\n");
  }
}
