package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import script.ForgetfulScript;

/// What is still held when the backend is closed, and while nobody closes it.
class LeaksTest {
  @TempDir private static Path cache;
  @TempDir private Path folder;

  @BeforeAll
  static void requireDevice() {
    InstalledDevice.require();
  }

  private String forgetful(String... flags) throws Exception {
    return OtherProcess.start(
            ForgetfulScript.class, folder, Map.of("XDG_CACHE_HOME", cache.toString()), flags)
        .printed();
  }

  private static void requireGoneAndSaid(String printed) {
    assertTrue(printed.contains("census 0"), printed);
    long stale = printed.lines().filter(line -> line.contains("is closed, and what it")).count();
    assertEquals(2, stale, printed);
  }

  @Test
  void forgottenTensorsAreReportedWithTheLinesThatMadeThem() throws Exception {
    String printed = forgetful("-Dnestor.opencl.leaks=true");
    requireGoneAndSaid(printed);
    assertTrue(printed.contains("was closed while these were still held:"), printed);
    String made = "made at ForgetfulScript.java:\\d+ \\(main\\)";
    assertTrue(Pattern.compile(" 1 × a tensor, " + made).matcher(printed).find(), printed);
    assertTrue(Pattern.compile(" 1 × a result, " + made).matcher(printed).find(), printed);
    assertFalse(printed.contains("(dropped)"), printed);
    assertFalse(printed.contains("a plan"), printed);
  }

  @Test
  void nothingIsReportedWhereNobodyAsked() throws Exception {
    String printed = forgetful();
    requireGoneAndSaid(printed);
    assertFalse(printed.contains("held"), printed);
    assertFalse(printed.contains("ForgetfulScript.java"), printed);
  }

  @Test
  void buffersOfGarbageAreUsedAgain() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Tensor x = Tensor.ones(DType.FLOAT32, 100).on(backend);
      int most = 0;
      for (int i = 0; i < 20_000; i++) {
        x = x.times(0.5f).plus(1);
        most = Math.max(most, backend.census().of(Census.Kind.BUFFER));
      }
      assertEquals(2, x.toDoubles()[99], 1e-6);
      assertTrue(most < 20_000, most + " buffers for 40,000 operators");
      for (int size = 1; size <= 24_000; size++) { // none of which comes again
        backend.upload(new boolean[size]);
        most = Math.max(most, backend.census().of(Census.Kind.BUFFER));
      }
      assertTrue(most < 20_000, most + " buffers for 24,000 sizes");
    }
    driver.requireNothingOpen();
  }
}
