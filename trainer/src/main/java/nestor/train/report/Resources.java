package nestor.train.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/// The texts that go into every report.
final class Resources {
  private static final String WEBJAR = "META-INF/maven/org.webjars.npm/chart.js/pom.properties";
  private static final String FILES = "META-INF/resources/webjars/chart.js/";

  private Resources() {}

  /// A file beside this class.
  static String own(String name) throws IOException {
    try (InputStream in = Resources.class.getResourceAsStream(name)) {
      return text(in, name);
    }
  }

  /// Chart.js with its license, which must stay with it.
  static String library() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = ofLibrary(WEBJAR)) {
      properties.load(in);
    }
    String folder = FILES + properties.getProperty("version") + "/";
    try (InputStream license = ofLibrary(folder + "LICENSE.md");
        InputStream script = ofLibrary(folder + "dist/chart.umd.min.js")) {
      // The map of the script's source is not beside the report.
      return "/*! Chart.js\n%s*/\n%s"
          .formatted(text(license, "license"), text(script, "script"))
          .replaceAll("(?m)^//# sourceMappingURL=.*$", "");
    }
  }

  private static InputStream ofLibrary(String path) throws IOException {
    // No package has a name such as META-INF, so every module may read what lies there.
    InputStream in = Resources.class.getClassLoader().getResourceAsStream(path);
    if (in == null) {
      throw new IOException("Chart.js is not on the module path: " + path);
    }
    return in;
  }

  private static String text(InputStream in, String name) throws IOException {
    if (in == null) {
      throw new IOException("the report's " + name + " is not in the jar");
    }
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }
}
