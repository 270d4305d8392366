package nestor.opencl;

import java.util.function.Consumer;
import java.util.function.Function;
import nestor.autodiff.Backend;
import nestor.autodiff.Finding;
import nestor.autodiff.Finding.Grade;

/// What `./nestor doctor` says of OpenCL: the devices, whether each computes rightly, and what
/// mends the rest.
///
/// @param findings where findings go
/// @param opening opens a device
record Examination(Consumer<Finding> findings, Function<Installation.Found, Backend> opening) {
  /// What findings are about.
  static final String SUBJECT = "opencl";

  private static final String MENDING_A_PLATFORM =
      "install its driver anew, or remove its file from /etc/OpenCL/vendors";

  /// Examines an installation.
  void of(Installation installation) {
    if (installation.found().isEmpty()) {
      String why = String.join("", installation.problems().stream().map("; "::concat).toList());
      findings.accept(
          new Finding(Grade.ABSENT, SUBJECT, "there is no device" + why, Installation.remedy()));
      return;
    }
    for (String problem : installation.problems()) {
      findings.accept(new Finding(Grade.DOUBTFUL, SUBJECT, problem, MENDING_A_PLATFORM));
    }
    for (Installation.Found found : installation.found()) {
      Device device = found.device();
      findings.accept(
          Finding.good(SUBJECT, "the device %s: %s".formatted(device, device.abilities())));
      findings.accept(SelfCheck.of(device, () -> opening.apply(found)));
    }
  }
}
