package nestor.train.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/// The texts that go into every report.
final class Resources {
  private static final String WEBJAR = "META-INF/maven/org.webjars.npm/chart.js/pom.properties";
  private static final String FILES = "META-INF/resources/webjars/chart.js/";

  private Resources() {}

  /// A file beside this class.
  static String own(String name) throws IOException {
    URL place = Resources.class.getResource(name);
    if (place == null) {
      throw new IOException(name + " is not in the jar");
    }
    return text(place);
  }

  /// Chart.js with its license, which must stay with it.
  static String library() throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(text(ofLibrary(WEBJAR))));
    String folder = FILES + properties.getProperty("version") + "/";
    String license = text(ofLibrary(folder + "LICENSE.md"));
    String script = text(ofLibrary(folder + "dist/chart.umd.min.js"));
    // The map of the script's source is not beside the report.
    return "/*! Chart.js\n%s*/\n%s"
        .formatted(license, script.replaceAll("(?m)^//# sourceMappingURL=.*$", ""));
  }

  private static URL ofLibrary(String path) throws IOException {
    // No package has a name such as META-INF, so every module may read what lies there.
    URL place = Resources.class.getClassLoader().getResource(path);
    if (place == null) {
      throw new IOException("Chart.js is not on the module path: " + path);
    }
    return place;
  }

  private static String text(URL place) throws IOException {
    try (InputStream in = place.openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
