package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import nestor.autodiff.Tensor;
import org.jocl.CL;

/// A script as users start it: on the class path, the modules on the module path.
///
/// @param process what runs
/// @param output what it prints
record OtherProcess(Process process, Path output) {
  /// Starts a script.
  ///
  /// @param folder for its output
  /// @param environment added to this process's
  static OtherProcess start(
      Class<?> script, Path folder, Map<String, String> environment, String... flags)
      throws IOException, URISyntaxException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("--enable-native-access=jocl");
    command.addAll(List.of(flags));
    command.add(
        "--module-path=%s:%s:%s"
            .formatted(location(Tensor.class), location(OpenClBackend.class), location(CL.class)));
    command.add("--add-modules=nestor.opencl,jdk.incubator.vector");
    command.add("--class-path=" + location(script));
    command.add(script.getName());
    Path output = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    return new OtherProcess(builder.start(), output);
  }

  /// What it printed until its end, which must be a good one.
  String printed() throws IOException, InterruptedException {
    try {
      assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it takes too long");
    } finally {
      process.destroyForcibly();
    }
    String printed =
        Files.readString(output)
            .replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
    assertTrue(process.exitValue() == 0, printed);
    return printed;
  }

  /// The folder or archive that a class was read from. A class that patches a module has the
  /// module's code source, so the class file itself is asked for.
  private static Path location(Class<?> type) throws IOException, URISyntaxException {
    URL url = type.getResource(type.getSimpleName() + ".class");
    if (url.openConnection() instanceof JarURLConnection archive) {
      return Path.of(archive.getJarFileURL().toURI());
    }
    int up = type.getPackageName().split("\\.").length;
    URI root = url.toURI().resolve("../".repeat(up));
    return Path.of(root);
  }
}
