package nestor.opencl;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.DriverException;
import nestor.opencl.source.Prelude;
import nestor.opencl.source.Source;
import org.jocl.cl_context;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/// Kernels by their sources. What is needed together is built as one program, since a compiler
/// takes longer to start than for a kernel; programs stay as long as the device is open.
final class Programs {
  private final Driver driver;
  private final Installation.Found found;
  private final cl_context context;
  private final Ledger ledger;
  private final BinaryCache cache;
  private final Map<String, cl_program> byKernel = new HashMap<>();
  private final List<cl_program> programs = new ArrayList<>();

  Programs(
      Driver driver,
      Installation.Found found,
      cl_context context,
      Ledger ledger,
      BinaryCache cache) {
    this.driver = driver;
    this.found = found;
    this.context = context;
    this.ledger = ledger;
    this.cache = cache;
  }

  /// Builds those kernels that are not built yet.
  void build(List<Source> sources) {
    Map<String, Source> missing = new LinkedHashMap<>();
    for (Source source : sources) {
      if (!byKernel.containsKey(source.name())) {
        missing.put(source.name(), source);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    try {
      cl_program program = program(missing.values().stream().map(Source::text).toList());
      missing.keySet().forEach(name -> byKernel.put(name, program));
    } catch (DriverException e) {
      if (e.isLoss()) {
        throw e;
      }
      if (missing.size() == 1) {
        throw failure(missing.values().iterator().next(), e);
      }
      for (Source source : missing.values()) { // finds the culprit
        build(List.of(source));
      }
    }
  }

  private TensorException failure(Source source, DriverException why) {
    String log = why.getSuppressed().length == 0 ? "" : why.getSuppressed()[0].getMessage();
    return new TensorException(
        "the OpenCL kernel '%s' does not compile on %s (%s):%n%s"
            .formatted(source.name(), found.device().name(), why.getMessage(), log));
  }

  private cl_program program(List<String> texts) {
    String source = Prelude.text() + String.join("\n", texts);
    String options = options();
    Device device = found.device();
    String key =
        String.join(
            "\0",
            device.platform(),
            device.name(),
            device.version(),
            device.driver(),
            options,
            source);
    Optional<byte[]> stored = cache.find(key);
    if (stored.isPresent()) {
      try {
        return built(driver.program(context, found.id(), stored.get()), options);
      } catch (DriverException e) {
        cache.drop(key); // of another driver, say: the source is there
      }
    }
    cl_program program = built(driver.program(context, source), options);
    if (cache.isOn()) {
      store(key, program);
    }
    return program;
  }

  private void store(String key, cl_program program) {
    try {
      cache.store(key, driver.binary(program));
    } catch (DriverException ignored) {
      // A driver without binaries: the program is built again the next time.
    }
  }

  private cl_program built(cl_program program, String options) {
    ledger.opened(Census.Kind.PROGRAM);
    try {
      driver.build(program, found.id(), options);
    } catch (DriverException e) {
      e.addSuppressed(new TensorException(log(program)));
      ledger.release(Census.Kind.PROGRAM, program);
      throw e;
    }
    programs.add(program);
    return program;
  }

  private String log(cl_program program) {
    try {
      return driver.log(program, found.id());
    } catch (DriverException e) {
      return "the compiler's log cannot be read: " + e.getMessage();
    }
  }

  private String options() {
    Device device = found.device();
    return "-cl-std=CL1.2"
        + (device.exactDivision() ? " -cl-fp32-correctly-rounded-divide-sqrt -DEXACT_DIVISION" : "")
        + (device.float64() ? " -DFLOAT64" : "");
  }

  /// A kernel that was built, with arguments of its own, until its owner is garbage.
  cl_kernel kernel(Source source, Object owner) {
    cl_program program = Objects.requireNonNull(byKernel.get(source.name()), source.name());
    cl_kernel kernel = driver.kernel(program, source.name());
    ledger.opened(Census.Kind.KERNEL);
    ledger.hold(owner, () -> ledger.release(Census.Kind.KERNEL, kernel), "");
    return kernel;
  }

  void close() {
    programs.forEach(program -> ledger.release(Census.Kind.PROGRAM, program));
    programs.clear();
    byKernel.clear();
  }
}
