package nestor.autodiff;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/// The backends that are installed. One that cannot be loaded hides none of the others.
///
/// @param backends those that can be used
/// @param problems sentences about those that cannot
record Installed(List<Backend> backends, List<String> problems) {
  /// Found once, when first needed; never changed.
  static final Installed HERE =
      of(ServiceLoader.load(Backend.class, Backend.class.getClassLoader()).iterator());

  /// More, and what lists the providers is itself what is broken.
  private static final int MOST_PROBLEMS = 16;

  /// The backend for tensors that belong to none, apart because the command line first lists the
  /// backends and then chooses.
  static final class Standard {
    static final Backend BACKEND = chosen();

    private Standard() {}

    private static Backend chosen() {
      Backend backend = Backend.named(System.getProperty("nestor.backend", "cpu"));
      return Boolean.getBoolean("nestor.checkFinite") ? backend.checkingFinite() : backend;
    }
  }

  /// The backends that an iterator of a service loader gives, and why it did not give others.
  static Installed of(Iterator<Backend> providers) {
    List<Backend> backends = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    boolean hasMore = true;
    while (hasMore && problems.size() < MOST_PROBLEMS) {
      try {
        hasMore = providers.hasNext();
        if (hasMore) {
          backends.add(providers.next());
        }
      } catch (ServiceConfigurationError e) {
        problems.add(sentence(e));
      }
    }
    return new Installed(List.copyOf(backends), List.copyOf(problems));
  }

  private static String sentence(ServiceConfigurationError e) {
    return switch (e.getCause()) {
      case TensorException why -> why.getMessage();
      case null -> String.valueOf(e.getMessage());
      default -> "%s (%s)".formatted(e.getMessage(), e.getCause());
    };
  }
}
