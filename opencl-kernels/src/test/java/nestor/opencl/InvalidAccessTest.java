package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import script.BeyondTheEnd;
import script.EveryPrimitive;

/// Kernels under Oclgrind, which runs them instruction by instruction and looks at every access to
/// memory for its bounds and for races.
class InvalidAccessTest {
  private static final Path SIMULATOR = Path.of("/usr/lib/oclgrind/liboclgrind-rt-icd.so");

  @TempDir Path folder;

  private String complaints(Class<?> script, String style) throws Exception {
    assumeTrue(
        Files.exists(SIMULATOR),
        "SKIPPED, since there is no Oclgrind; to install it: sudo apt-get install oclgrind");
    Path drivers = Files.createDirectories(folder.resolve("drivers"));
    Files.writeString(drivers.resolve("oclgrind.icd"), SIMULATOR + "\n");
    Path log = folder.resolve("complaints.txt");
    Map<String, String> environment =
        Map.of(
            "OCL_ICD_VENDORS", drivers.toString(),
            "OCLGRIND_DATA_RACES", "1",
            "OCLGRIND_LOG", log.toString());
    String printed =
        OtherProcess.start(
                script,
                folder,
                environment,
                "-Dnestor.opencl.cache=off",
                "-Dnestor.opencl.style=" + style)
            .printed();
    if (script == EveryPrimitive.class) {
      assertTrue(printed.contains("right on Oclgrind Simulator"), printed);
    }
    return Files.exists(log) ? Files.readString(log) : "";
  }

  @ParameterizedTest
  @ValueSource(strings = {"lanes", "threads"})
  void noKernelReadsOrWritesBeyondItsArraysOrRaces(String style) throws Exception {
    assertEquals("", complaints(EveryPrimitive.class, style));
  }

  @Test
  void aKernelThatDoesIsFound() throws Exception {
    String complaints = complaints(BeyondTheEnd.class, "lanes");
    assertTrue(complaints.contains("Invalid write of size 4"), complaints);
    assertTrue(complaints.contains("race"), complaints);
  }
}
