package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import nestor.autodiff.Backend;
import nestor.autodiff.Finding;
import nestor.autodiff.Finding.Grade;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorException;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import org.jocl.cl_device_id;
import org.junit.jupiter.api.Test;

/// The doctor finds devices that compute wrongly, fail or hang, and says what mends that.
class ExaminationTest {
  /// The reference backend with some fault.
  private record Faulty(Fault fault) implements Backend {
    private static final Backend RIGHT = Backend.named("reference");

    /// What becomes of a result.
    interface Fault {
      Object of(Op op, Object result);
    }

    @Override
    public String name() {
      return "faulty";
    }

    @Override
    public Object upload(Object array) {
      return RIGHT.upload(array);
    }

    @Override
    public Object download(Object stored) {
      return RIGHT.download(stored);
    }

    @Override
    public Object run(Op op, Operand[] operands, TensorType result) {
      return fault.of(op, RIGHT.run(op, operands, result));
    }
  }

  private static Installation.Found found(String name) {
    Device device =
        new Device(
            "Some platform",
            name,
            "OpenCL 3.0",
            "1.2.3",
            Device.Kind.GPU,
            80L << 30,
            20L << 30,
            132,
            1024,
            48 << 10,
            true,
            true,
            false);
    return new Installation.Found(device, new cl_device_id());
  }

  private static List<Finding> examined(Installation installation, Faulty.Fault fault) {
    List<Finding> findings = new ArrayList<>();
    new Examination(findings::add, found -> new Faulty(fault)).of(installation);
    return findings;
  }

  private static Finding checked(Faulty.Fault fault) {
    return checked(fault, SelfCheck.PATIENCE);
  }

  private static Finding checked(Faulty.Fault fault, Duration patience) {
    return SelfCheck.of(found("Mach 5").device(), () -> new Faulty(fault), patience);
  }

  @Test
  void aDeviceIsListedWithItsVersionsMemoryAndFloat64() {
    List<Finding> findings =
        examined(new Installation(List.of(found("Mach 5")), List.of()), (op, result) -> result);
    assertEquals(2, findings.size());
    assertTrue(findings.stream().allMatch(finding -> finding.grade() == Grade.GOOD));
    assertEquals(
        "the device Mach 5 (GPU, Some platform, OpenCL 3.0, driver 1.2.3):"
            + " 132 units, 80.0 GB, float64",
        findings.getFirst().text());
    assertTrue(findings.getLast().text().contains("was right ("), findings.toString());
  }

  @Test
  void withoutADeviceNothingIsWrongAndTheCommandIsSaid() {
    Installation none = new Installation(List.of(), List.of());
    List<Finding> findings = examined(none, (op, result) -> result);
    assertEquals(1, findings.size());
    assertEquals(Grade.ABSENT, findings.getFirst().grade());
    assertEquals(Installation.remedy(), findings.getFirst().mend());
    String said = assertThrows(TensorException.class, () -> none.choose("")).getMessage();
    assertTrue(said.endsWith("; to install one: " + Installation.remedy()), said);
    assertEquals(1, said.lines().count());
  }

  @Test
  void aBrokenPlatformHidesNoDevice() {
    List<Finding> findings =
        examined(
            new Installation(List.of(found("Mach 5")), List.of("the platform is broken")),
            (op, result) -> result);
    assertEquals(
        List.of(Grade.DOUBTFUL, Grade.GOOD, Grade.GOOD),
        findings.stream().map(Finding::grade).toList());
    assertEquals("the platform is broken", findings.getFirst().text());
  }

  @Test
  void aWrongResultIsFound() {
    Finding finding =
        checked((op, result) -> {
          if (op == Unary.EXP && result instanceof double[] numbers) {
            numbers[7] = Double.NaN;
          }
          return result;
        });
    assertEquals(Grade.BROKEN, finding.grade());
    assertTrue(
        finding.text().startsWith("the device 'Mach 5' computes wrongly: exp in float64 off by"),
        finding.text());
    assertTrue(finding.mend().contains("-Dnestor.opencl.device"), finding.mend());
  }

  @Test
  void aFailureIsFound() {
    Finding finding =
        checked((op, result) -> {
          throw new TensorException("it is out of resources");
        });
    assertEquals(Grade.BROKEN, finding.grade());
    assertEquals("the device 'Mach 5' cannot compute: it is out of resources", finding.text());
  }

  @Test
  void aDeviceThatHangsIsFound() {
    CountDownLatch never = new CountDownLatch(1);
    Finding finding =
        checked(
            (op, result) -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return result;
            },
            Duration.ofMillis(300));
    assertEquals(Grade.BROKEN, finding.grade());
    assertTrue(finding.text().contains("does not answer within"), finding.text());
  }

  @Test
  void aMistypedDeviceIsAnsweredWithTheNames() {
    Installation two = new Installation(List.of(found("Mach 5"), found("Mach 6")), List.of());
    assertEquals("Mach 6", two.choose("6").device().name());
    String said = assertThrows(TensorException.class, () -> two.choose("xyz")).getMessage();
    assertEquals("no OpenCL device is called 'xyz'; there are [Mach 5, Mach 6]", said);
  }
}
