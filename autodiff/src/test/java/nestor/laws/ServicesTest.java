package nestor.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import nestor.autodiff.Backend;
import org.junit.jupiter.api.Test;

/// The class path, which reads a file, offers what the module path reads in `module-info`.
class ServicesTest {
  @Test
  void theClassPathOffersTheModulesBackends() throws IOException {
    List<String> provided =
        Backend.class.getModule().getDescriptor().provides().stream()
            .filter(service -> service.service().equals(Backend.class.getName()))
            .flatMap(service -> service.providers().stream())
            .toList();
    String file = "/META-INF/services/" + Backend.class.getName();
    try (InputStream in = Objects.requireNonNull(Backend.class.getResourceAsStream(file))) {
      List<String> listed =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("#"))
              .toList();
      assertEquals(provided, listed);
    }
  }
}
