package nestor.train.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import nestor.autodiff.Backend;
import nestor.autodiff.Finding;
import nestor.autodiff.Finding.Grade;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorType;
import nestor.train.Mode;
import nestor.train.Run;
import nestor.train.conformance.Subjects;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// The doctor prints what backends find on the machine, and counts what is broken.
final class DoctorCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private record NoSettings() {}

  /// A backend on a device, of which some findings are made.
  private record OnDevice(Consumer<Consumer<Finding>> examination) implements Backend {
    @Override
    public String name() {
      return "opencl";
    }

    @Override
    public Optional<String> hardware() {
      return Optional.of("Mach 5 (driver 1.2.3)");
    }

    @Override
    public void examine(Consumer<Finding> findings) {
      examination.accept(findings);
    }

    @Override
    public Object upload(Object array) {
      return array;
    }

    @Override
    public Object download(Object stored) {
      return stored;
    }

    @Override
    public Object run(Op op, Operand[] operands, TensorType result) {
      throw new UnsupportedOperationException("no operator runs here");
    }
  }

  private int doctor(Consumer<Consumer<Finding>> examination) {
    PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
    Surroundings surroundings =
        new Surroundings(
            printed, printed, List.of(), new Subjects(List.of(), List.of()), List.of());
    List<Backend> backends =
        Stream.concat(Backend.installed().stream(), Stream.of(new OnDevice(examination))).toList();
    return new CommandLine(new DoctorCommand(surroundings, () -> backends)).execute();
  }

  private void says(String text) {
    String said = out.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains(text), said);
  }

  @Test
  void devicesAreListed() {
    assertEquals(
        0, doctor(findings -> findings.accept(Finding.good("opencl", "Mach 5, 80 GB, float64"))));
    says("ok backend  opencl\n");
    says("ok opencl   Mach 5, 80 GB, float64\n");
    says("everything needed is there\n");
  }

  @Test
  void whatNothingNeedsMayBeAbsent() {
    assertEquals(
        0,
        doctor(findings ->
            findings.accept(new Finding(Grade.ABSENT, "opencl", "no device", "apt-get it"))));
    says("   opencl   no device; if wanted: apt-get it\n");
    says("everything needed is there\n");
  }

  @Test
  void aDoubtIsShownAndABrokenDeviceFails() {
    assertEquals(
        1,
        doctor(findings -> {
          findings.accept(new Finding(Grade.DOUBTFUL, "opencl", "no platform", "install it"));
          findings.accept(new Finding(Grade.BROKEN, "opencl", "wrong sums", "update it"));
        }));
    says("!! opencl   no platform; to mend it: install it\n");
    says("!! opencl   wrong sums; to mend it: update it\n");
    says("\n1 things need mending\n");
  }

  @Test
  void anExaminationThatFailsHidesNothing() {
    assertEquals(
        1,
        doctor(findings -> {
          findings.accept(Finding.good("opencl", "Mach 5"));
          throw new UnsatisfiedLinkError("no library");
        }));
    says("ok opencl   Mach 5\n");
    says("!! backend  opencl cannot be examined: UnsatisfiedLinkError: no library");
  }

  @Test
  void theManifestNamesTheHardware() {
    Run.Setup setup = new Run.Setup(new NoSettings(), 1, new OnDevice(findings -> {}), Mode.EAGER);
    Map<String, Object> manifest = Manifest.of("descent", setup, Instant.now());
    assertEquals("Mach 5 (driver 1.2.3)", manifest.get("hardware"));
    assertEquals("Mach 5 (driver 1.2.3)", Manifest.facts(manifest).get("hardware"));
    Run.Setup plain = new Run.Setup(new NoSettings(), 1, Backend.named("reference"), Mode.EAGER);
    assertTrue(!Manifest.of("descent", plain, Instant.now()).containsKey("hardware"));
  }
}
