package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.DriverException;
import org.jocl.CL;
import org.jocl.cl_platform_id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import script.OrdinaryScript;

/// What is found on machines where OpenCL is not, or not whole.
class InstallationTest {
  @TempDir private Path folder;

  private static String missing(FaultyDriver driver) {
    String message =
        assertThrows(
                TensorException.class,
                () -> OpenClBackend.open(driver.driver(), "", BinaryCache.standard()))
            .getMessage();
    assertTrue(message.startsWith("there is no OpenCL device: "), message);
    assertTrue(message.contains(Installation.remedy()), message);
    driver.requireNothingOpen();
    return message;
  }

  @Test
  void noPlatformIsASentence() {
    String message = missing(new FaultyDriver().failing("platforms", noPlatform()));
    assertTrue(message.contains("platforms cannot be listed"), message);
  }

  private static DriverException noPlatform() {
    return new DriverException("clGetPlatformIDs", CL.CL_OUT_OF_HOST_MEMORY);
  }

  @Test
  void noLoaderIsASentence() {
    for (Throwable thrown :
        List.of(
            new UnsatisfiedLinkError("it cannot be loaded\nat all"),
            new NoClassDefFoundError("it cannot be loaded"),
            new ExceptionInInitializerError("it cannot be loaded"),
            new UnsupportedOperationException("it cannot be loaded"))) {
      String message = missing(new FaultyDriver().failing("platforms", thrown));
      assertTrue(message.contains("libOpenCL cannot be loaded (it cannot be loaded);"), message);
    }
  }

  @Test
  void platformsWithoutDevicesAreASentence() {
    InstalledDevice.require();
    String message = missing(new FaultyDriver().rewriting("devices", all -> List.of()));
    assertTrue(message.contains("no OpenCL platform has a device"), message);
  }

  @Test
  void aBrokenPlatformHidesNoOther() {
    InstalledDevice.require();
    cl_platform_id broken = new cl_platform_id();
    FaultyDriver driver =
        new FaultyDriver()
            .rewriting(
                "platforms",
                all -> {
                  List<Object> more = new ArrayList<>(List.of(broken));
                  more.addAll((List<?>) all);
                  return more;
                })
            .rewriting(
                "devices0",
                platform -> {
                  if (platform == broken) {
                    throw new DriverException("clGetDeviceIDs", CL.CL_INVALID_PLATFORM);
                  }
                  return platform;
                })
            .rewriting("text0", platform -> platform == broken ? new cl_platform_id() : platform);
    Installation found = Installation.of(driver.driver());
    assertEquals(
        OpenClBackend.devices(), found.found().stream().map(each -> each.device()).toList());
    assertEquals(1, found.problems().size());
    assertTrue(found.problems().getFirst().contains("broken"), found.problems().getFirst());
    String message =
        assertThrows(TensorException.class, () -> found.choose("nothing of this name"))
            .getMessage();
    assertTrue(message.contains("broken"), message);
  }

  @Test
  void aBrokenDeviceIsASentence() {
    InstalledDevice.require();
    FaultyDriver driver =
        new FaultyDriver()
            .failing("info", new DriverException("clGetDeviceInfo", CL.CL_INVALID_DEVICE));
    String message = missing(driver);
    assertTrue(message.contains("a device of the OpenCL platform"), message);
    assertTrue(message.contains("is broken: clGetDeviceInfo gave CL_INVALID_DEVICE"), message);
  }

  @Test
  void withoutAnyDriverTheProcessGoesOnOnTheCpu() throws Exception {
    InstalledDevice.require();
    Path none = Files.createDirectory(folder.resolve("vendors"));
    String printed =
        OtherProcess.start(OrdinaryScript.class, folder, Map.of("OCL_ICD_VENDORS", none.toString()))
            .printed();
    assertEquals(
        """
        opencl says: there is no OpenCL device: no OpenCL platform has a device; to install one: %1$s
        opencl says: there is no OpenCL device: no OpenCL platform has a device; to install one: %1$s
        cpu gives 14.0
        """
            .formatted(Installation.remedy()),
        printed);
  }

  @Test
  void withoutTheLoaderTheProcessGoesOnOnTheCpu() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("libraries"));
    Files.createFile(libraries.resolve("libOpenCL.so.1")); // found first, and no library
    Files.createFile(libraries.resolve("libOpenCL.so"));
    String printed =
        OtherProcess.start(
                OrdinaryScript.class, folder, Map.of("LD_LIBRARY_PATH", libraries.toString()))
            .printed();
    List<String> lines =
        printed.lines().filter(line -> !line.startsWith("Could not load")).toList();
    assertEquals(3, lines.size(), printed);
    for (String line : lines.subList(0, 2)) {
      assertTrue(line.contains("there is no OpenCL device: OpenCL's loader libOpenCL"), printed);
      assertTrue(line.endsWith("to install one: " + Installation.remedy()), printed);
    }
    assertEquals("cpu gives 14.0", lines.getLast());
  }
}
