package nestor.opencl.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Kernels written by hand, as resources beside this class.
public final class Resource {
  private Resource() {}

  /// A resource's text.
  static String text(String file) {
    try (InputStream in = Resource.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("there is no resource " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The kernel in a file, with macros defined before it and undefined behind it.
  ///
  /// @param name the file's name without `.cl`, and the first part of the kernel's
  public static Source kernel(String name, Map<String, String> macros) {
    StringBuilder code = new StringBuilder();
    macros.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            macro -> code.append("#define %s %s\n".formatted(macro.getKey(), macro.getValue())));
    code.append(text(name + ".cl"));
    macros.keySet().stream()
        .sorted()
        .forEach(macro -> code.append("#undef %s\n".formatted(macro.replaceAll("\\(.*", ""))));
    return Source.named(name, code.toString());
  }
}
