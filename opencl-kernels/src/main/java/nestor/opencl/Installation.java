package nestor.opencl;

import static org.jocl.CL.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.DriverException;
import nestor.opencl.driver.Jocl;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/// The devices that are installed, and what is wrong with those that could not be listed: a broken
/// platform does not hide the others.
///
/// @param found the devices, those that compute fastest first
/// @param problems sentences
record Installation(List<Found> found, List<String> problems) {
  /// The package of Debian and its like that brings a driver for processors.
  static final String PACKAGE = "pocl-opencl-icd";

  /// The package with the loader, which the driver's does not always bring.
  private static final String LOADER = "ocl-icd-libopencl1";

  /// A device, and how OpenCL is asked for it.
  record Found(Device device, cl_device_id id) {}

  /// What is installed.
  static Installation of(Driver driver) {
    List<Found> found = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    try {
      for (cl_platform_id platform : driver.platforms()) {
        list(driver, platform, found, problems);
      }
    } catch (DriverException e) {
      problems.add("OpenCL's platforms cannot be listed: " + e.getMessage());
    } catch (LinkageError | UnsupportedOperationException e) {
      problems.add("OpenCL's loader libOpenCL cannot be loaded (%s)".formatted(firstLine(e)));
    }
    found.sort((a, b) -> b.device.kind().compareTo(a.device.kind()));
    return new Installation(List.copyOf(found), List.copyOf(problems));
  }

  private static void list(
      Driver driver, cl_platform_id platform, List<Found> found, List<String> problems) {
    String name = "a platform";
    try {
      name = driver.text(platform, CL_PLATFORM_NAME);
      for (cl_device_id id : driver.devices(platform)) {
        add(driver, name, id, found, problems);
      }
    } catch (DriverException e) {
      problems.add("the OpenCL platform '%s' is broken: %s".formatted(name, e.getMessage()));
    }
  }

  private static void add(
      Driver driver, String platform, cl_device_id id, List<Found> found, List<String> problems) {
    try {
      found.add(new Found(device(driver, platform, id), id));
    } catch (DriverException e) {
      problems.add(
          "a device of the OpenCL platform '%s' is broken: %s".formatted(platform, e.getMessage()));
    }
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  @SuppressWarnings("deprecation") // nothing came instead of what says whether memory is shared
  private static Device device(Driver driver, String platform, cl_device_id id) {
    long type = number(driver, id, CL_DEVICE_TYPE);
    long single = number(driver, id, CL_DEVICE_SINGLE_FP_CONFIG);
    return new Device(
        platform,
        text(driver, id, CL_DEVICE_NAME),
        text(driver, id, CL_DEVICE_VERSION),
        text(driver, id, CL_DRIVER_VERSION),
        (type & CL_DEVICE_TYPE_CPU) != 0 ? Device.Kind.CPU : Device.Kind.GPU,
        number(driver, id, CL_DEVICE_GLOBAL_MEM_SIZE),
        number(driver, id, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        (int) number(driver, id, CL_DEVICE_MAX_COMPUTE_UNITS),
        (int) Math.min(1 << 16, number(driver, id, CL_DEVICE_MAX_WORK_GROUP_SIZE)),
        number(driver, id, CL_DEVICE_LOCAL_MEM_SIZE),
        text(driver, id, CL_DEVICE_EXTENSIONS).contains("cl_khr_fp64"),
        (single & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0,
        number(driver, id, CL_DEVICE_HOST_UNIFIED_MEMORY) != 0);
  }

  private static String text(Driver driver, cl_device_id id, int what) {
    return Jocl.text(driver.info(id, what));
  }

  private static long number(Driver driver, cl_device_id id, int what) {
    ByteBuffer bytes = ByteBuffer.wrap(driver.info(id, what)).order(ByteOrder.nativeOrder());
    return bytes.remaining() >= Long.BYTES ? bytes.getLong() : bytes.getInt();
  }

  /// The first device, or one whose name or platform contains a text.
  ///
  /// @throws TensorException if there is none, with the command that installs one
  Found choose(String wanted) {
    if (found.isEmpty()) {
      throw new TensorException(missing());
    }
    for (Found each : found) {
      if ((each.device.name() + " " + each.device.platform()).contains(wanted)) {
        return each;
      }
    }
    throw new TensorException(
        "no OpenCL device is called '%s'; there are %s%s"
            .formatted(
                wanted,
                found.stream().map(each -> each.device.name()).toList(),
                String.join("", problems.stream().map(problem -> "; " + problem).toList())));
  }

  /// What is missing where there is no device, and the command that installs it.
  String missing() {
    String why =
        problems.isEmpty() ? "no OpenCL platform has a device" : String.join("; ", problems);
    return "there is no OpenCL device: %s; to install one: %s".formatted(why, remedy());
  }

  /// The command that installs a device.
  static String remedy() {
    return Files.isExecutable(Path.of("/usr/bin/apt-get"))
        ? "sudo apt-get install %s %s".formatted(PACKAGE, LOADER)
        : "install the OpenCL driver of your graphics card, or PoCL (portablecl.org)";
  }
}
