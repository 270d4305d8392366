package nestor.train.command;

import java.util.concurrent.TimeUnit;

/// The command line; `./nestor` starts it.
public final class Main {
  private Main() {}

  /// Runs a command and ends the process with its exit status.
  public static void main(String[] args) {
    int status = Nestor.standard().run(args);
    System.out.flush();
    awaitFilter();
    System.exit(status);
  }

  /// The launcher puts a filter behind the error stream, which is this process's child: what was
  /// printed shall have passed through it before the caller sees the process end.
  private static void awaitFilter() {
    if (Boolean.getBoolean("nestor.filtered")) {
      System.err.close();
      ProcessHandle.current()
          .children()
          .forEach(
              child -> child.onExit().completeOnTimeout(child, 300, TimeUnit.MILLISECONDS).join());
    }
  }
}
