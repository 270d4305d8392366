package nestor.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// A backend that cannot be loaded hides none of the others, and is not passed over in silence.
class InstalledTest {
  private static final Backend REFERENCE = Backend.named("reference");

  /// Gives what its parts give, as a service loader does.
  private record Providers(Iterator<Supplier<Backend>> parts) implements Iterator<Backend> {
    @Override
    public boolean hasNext() {
      return parts.hasNext();
    }

    @Override
    public Backend next() {
      return parts.next().get();
    }
  }

  private static Backend failing(Throwable why) {
    throw new ServiceConfigurationError("Provider X could not be instantiated", why);
  }

  @Test
  void theOthersAreFound() {
    Installed installed =
        Installed.of(
            new Providers(
                List.<Supplier<Backend>>of(
                        () -> failing(new UnsatisfiedLinkError("no library")),
                        () -> failing(new TensorException("nestor.threads must be a number")),
                        () -> REFERENCE)
                    .iterator()));
    assertEquals(List.of(REFERENCE), installed.backends());
    assertEquals(
        List.of(
            "Provider X could not be instantiated (java.lang.UnsatisfiedLinkError: no library)",
            "nestor.threads must be a number"),
        installed.problems());
  }

  @Test
  void aListThatIsBrokenItselfHasAnEnd() {
    Iterator<Backend> broken =
        new Providers(
            Stream.<Supplier<Backend>>generate(
                    () -> () -> failing(new IllegalStateException("unreadable")))
                .iterator());
    assertEquals(List.of(), Installed.of(broken).backends());
  }
}
