package nestor.opencl;

import static nestor.autodiff.Transform.compile;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.DriverException;
import org.jocl.CL;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A device that has no room from some buffer on.
class AllocationFailureTest {
  private static final int MOST = 50;
  private static final int SHARED = 1024;

  @TempDir private static Path cache;

  private static final double[] EXPECTED =
      TrainingStep.start(Backend.named("cpu")).next().weights();

  @BeforeAll
  static void requireDevice() {
    InstalledDevice.require();
  }

  private static void requireSentence(TensorException e) {
    String message = e.getMessage();
    assertTrue(message.contains(" has no room for another "), message);
    assertTrue(message.contains(" are in use here, which leaves "), message);
  }

  /// Opens, which may take two attempts, since the first buffer belongs to that.
  private static OpenClBackend open(FaultyDriver driver) {
    try {
      return InstalledDevice.open(driver, cache);
    } catch (TensorException e) {
      requireSentence(e);
      driver.requireNothingOpen();
      driver.mend();
      return InstalledDevice.open(driver, cache);
    }
  }

  /// Steps that fail at the n-th buffer, and one that is then made on the same backend.
  private static boolean fails(int n, UnaryOperator<TrainingStep> next) {
    FaultyDriver driver = new FaultyDriver();
    driver.failFromBuffer(n);
    OpenClBackend backend = open(driver);
    boolean fails = false;
    try (backend) {
      try {
        TrainingStep unused = next.apply(next.apply(TrainingStep.start(backend)));
      } catch (TensorException e) {
        fails = true;
        requireSentence(e);
      }
      driver.mend();
      TrainingStep trained = next.apply(TrainingStep.start(backend));
      assertArrayEquals(EXPECTED, trained.weights(), 1e-5, "after failing at buffer " + n);
    }
    assertEquals(0, backend.census().total());
    driver.requireNothingOpen();
    return fails || n == 1;
  }

  @Test
  void operatorsFailAtTheNthBufferAndWorkAfterwards() {
    for (int n = 1; n <= MOST; n++) {
      assertTrue(fails(n, TrainingStep::next), "there is no buffer " + n);
    }
  }

  @Test
  void plansFailAtTheNthBufferAndWorkAfterwards() {
    int n = 0;
    do {
      n++;
    } while (n <= MOST && fails(n, compile(TrainingStep::next)::apply));
    assertTrue(n > 8, "a plan of only %d buffers".formatted(n));
  }

  @Test
  void aHalfMadePlanGivesBackWhatItHad() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      TrainingStep start = TrainingStep.start(backend);
      assertArrayEquals(EXPECTED, compile(TrainingStep::next).apply(start).weights(), 1e-5);
      int made = driver.calls("buffer"); // from here on without what plans share
      UnaryOperator<TrainingStep> next = compile(TrainingStep::next)::apply;
      long room = backend.room();
      int failures = 0;
      for (boolean works = false; !works; ) {
        driver.failFromBuffer(failures + 1);
        try {
          TrainingStep unused = next.apply(start);
          works = true;
        } catch (TensorException e) {
          requireSentence(e);
          long left = backend.room() + SHARED; // panels that the products of all plans share
          assertTrue(left >= room, "%,d bytes of %,d".formatted(left, room));
          failures++;
        }
      }
      driver.mend();
      assertArrayEquals(EXPECTED, next.apply(start).weights(), 1e-5);
      assertTrue(failures >= 5 && driver.calls("buffer") > made, failures + " buffers");
    }
    driver.requireNothingOpen();
  }

  @Test
  void whatPlansShareStaysWhereOneOfThemFails() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Session session = backend.session();
      Supplier<Buffer> shared = () -> session.shared("rows", DType.FLOAT32, 64).buffer();
      assertThrows(
          TensorException.class,
          () ->
              session
                  .ledger()
                  .whole(() -> {
                    throw new TensorException("no plan of %d".formatted(shared.get().size()));
                  }));
      Buffer other = session.allocate(DType.FLOAT32, 64, "another's");
      assertNotSame(shared.get().memory(), other.memory());
    }
    driver.requireNothingOpen();
  }

  @Test
  void whatIsLargerThanAnyBufferIsSaidBeforehand() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Session session = backend.session();
      long tooMuch = backend.device().largestBuffer() / 8 + 1;
      assertTrue(tooMuch <= Integer.MAX_VALUE, "the test needs larger arrays than there are");
      TensorException e =
          assertThrows(
              TensorException.class,
              () -> session.use(() -> session.allocate(DType.INT64, (int) tooMuch, "a tensor")));
      assertTrue(e.getMessage().contains("has no buffers larger than"), e.getMessage());
    }
    driver.requireNothingOpen();
  }

  @Test
  void aDriverThatNoticesLateThatThereIsNoRoomIsNotLost() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Tensor x = Tensor.of(1f, 2f, 3f).on(backend);
      driver.failingOnce(
          "launch",
          new DriverException("clEnqueueNDRangeKernel", CL.CL_MEM_OBJECT_ALLOCATION_FAILURE));
      TensorException e = assertThrows(TensorException.class, () -> x.times(2));
      assertTrue(e.getMessage().contains("no room for a command (clEnqueueND"), e.getMessage());
      assertArrayEquals(new double[] {2, 4, 6}, x.times(2).toDoubles());
    }
    driver.requireNothingOpen();
  }
}
