package nestor.train;

import java.util.List;
import nestor.autodiff.Backend;

/// The backends that are installed, and the choice of one for this process.
public final class Backends {
  /// The system property that names the backend for tensors that belong to none.
  public static final String PROPERTY = "nestor.backend";

  /// The backend where none is named.
  public static final String STANDARD = "cpu";

  /// The system property that has results checked.
  public static final String CHECK = "nestor.checkFinite";

  /// What `--backend` takes, for the help of commands.
  public static final String CHOICE = "cpu, reference, opencl or lockstep (cpu).";

  private Backends() {}

  /// The names of the backends that are installed, in alphabetical order.
  public static List<String> names() {
    return Backend.names().stream().sorted().toList();
  }

  /// The backend of this name with a check of every result for NaN and infinities, in the same way.
  public static Backend chooseChecking(String name) {
    System.setProperty(CHECK, "true");
    return choose(name).checkingFinite();
  }

  /// The backend of this name, from now on also the one for tensors that belong to none; so this
  /// comes before anything is computed. An empty name stands for the default. The hardware that it
  /// needs is opened, so that nothing has happened yet where there is none.
  ///
  /// @throws nestor.autodiff.TensorException if there is none, with the command that installs it
  public static Backend choose(String name) {
    String chosen = name.isEmpty() ? System.getProperty(PROPERTY, STANDARD) : name;
    if (!names().contains(chosen)) {
      List<String> problems = Backend.problems();
      throw new Failure(
          problems.isEmpty()
              ? "there is no backend '%s' in this version%s"
                  .formatted(chosen, Nearest.hint(chosen, names()))
              : "there is no backend '%s' that can be used: %s"
                  .formatted(chosen, String.join("; ", problems)));
    }
    System.setProperty(PROPERTY, chosen);
    Backend named = Backend.named(chosen);
    if (!Backend.standard().name().startsWith(chosen)) {
      throw new IllegalStateException(
          "'%s' was chosen after something was computed on '%s'"
              .formatted(chosen, Backend.standard().name()));
    }
    named.hardware();
    return named;
  }
}
