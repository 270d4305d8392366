package nestor.opencl;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import nestor.opencl.driver.Jocl;
import nestor.opencl.source.Style;

/// The device that tests run on.
final class InstalledDevice {
  private InstalledDevice() {}

  /// Skips the test where there is none, and says how to install one.
  static void require() {
    Installation installed = Installation.of(new Jocl());
    assumeTrue(
        !installed.found().isEmpty(),
        "SKIPPED, since there is no OpenCL device (%s); to install one: sudo apt-get install %s"
            .formatted(installed.problems(), Installation.PACKAGE));
  }

  /// The backend on it, through a driver with faults.
  static OpenClBackend open(FaultyDriver driver, Path cache) {
    return OpenClBackend.open(driver.driver(), "", new BinaryCache(Optional.of(cache)));
  }

  /// The backend on it, with work laid out in a way.
  static OpenClBackend open(Style style) {
    require();
    System.setProperty(Session.STYLE, style.name());
    try {
      return OpenClBackend.open();
    } finally {
      System.clearProperty(Session.STYLE);
    }
  }
}
