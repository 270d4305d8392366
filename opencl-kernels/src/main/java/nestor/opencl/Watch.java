package nestor.opencl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Prints the driver's open handles and the memory that the process takes, after every so many runs
/// of plans and, once all is closed, at the end of the process: with the system property
/// `nestor.opencl.census`, the number of runs between two lines.
final class Watch {
  private static final Path STATUS = Path.of("/proc/self/status");

  private final Session session;
  private final int period = Integer.getInteger("nestor.opencl.census", 0);
  private long runs;

  Watch(Session session) {
    this.session = session;
    if (period > 0) {
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .unstarted(() -> {
                    session.close();
                    print("closed");
                  }));
    }
  }

  /// Counts a run.
  void ran() {
    if (period > 0 && ++runs % period == 0) {
      session.finish();
      session.memory().collect(); // what is garbage is not held
      print("%,d runs".formatted(runs));
    }
  }

  private void print(String when) {
    System.err.printf("opencl, %s: %s%s%n", when, session.ledger().census(), resident());
  }

  private static String resident() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS"))
          .findFirst()
          .map(line -> ", resident" + line.substring("VmRSS:".length()).replaceAll("\\s+", " "))
          .orElse("");
    } catch (IOException e) {
      return ""; // not on Linux
    }
  }
}
