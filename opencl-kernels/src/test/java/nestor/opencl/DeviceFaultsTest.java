package nestor.opencl;

import static nestor.autodiff.Transform.compile;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.opencl.driver.DriverException;
import nestor.opencl.source.Source;
import org.jocl.CL;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// Devices that are lost, that lack something, and compilers that refuse.
class DeviceFaultsTest {
  @TempDir private static Path cache;

  @BeforeAll
  static void requireDevice() {
    InstalledDevice.require();
  }

  private static String said(Executable mistake) {
    return assertThrows(TensorException.class, mistake).getMessage();
  }

  // ---------------------------------------------------------------- loss

  private static void requireLostOnce(String call, int status, Consumer<Tensor> use) {
    FaultyDriver driver = new FaultyDriver();
    OpenClBackend backend = InstalledDevice.open(driver, cache);
    Tensor x = Tensor.of(1f, 2f, 3f).on(backend);
    Tensor y = x.times(2);
    driver.failing(call, new DriverException("clCall", status));
    String first = said(() -> use.accept(y));
    assertTrue(first.contains("was lost (clCall gave " + CL.stringFor_errorCode(status)), first);
    assertTrue(first.contains("the backend on it is closed"), first);
    List<Executable> later =
        List.of(
            () -> use.accept(y),
            () -> x.toDoubles(),
            () -> x.times(3),
            () -> Tensor.of(1f).on(backend),
            () -> compile((Tensor a) -> a.exp()).apply(x));
    for (Executable each : later) {
      String message = said(each);
      assertTrue(message.contains("is closed, and what it stored is gone"), message);
      assertFalse(message.contains("lost"), message);
    }
    assertEquals(0, backend.census().total());
    driver.requireNothingOpen();
    backend.close();
    driver.requireNothingOpen();
  }

  @Test
  void aLostDeviceIsReportedOnceAndClosed() {
    requireLostOnce("launch", CL.CL_OUT_OF_RESOURCES, y -> y.times(4));
    requireLostOnce("map", CL.CL_DEVICE_NOT_AVAILABLE, y -> y.toDoubles());
    requireLostOnce("write", CL.CL_OUT_OF_HOST_MEMORY, y -> y.plus(Tensor.of(1f)));
    requireLostOnce("build", CL.CL_DEVICE_NOT_AVAILABLE, y -> y.greater(0));
    requireLostOnce(
        "finish",
        CL.CL_OUT_OF_RESOURCES,
        y -> {
          for (int i = 0; i < 10_000; i++) { // more commands than are enqueued at a time
            y.times(2);
          }
        });
  }

  @Test
  void aDeviceThatCannotBeOpenedIsASentence() {
    for (String call : List.of("context", "queue", "write")) {
      FaultyDriver driver = new FaultyDriver();
      driver.failing(call, new DriverException("clCall", CL.CL_DEVICE_NOT_AVAILABLE));
      String message = said(() -> InstalledDevice.open(driver, cache));
      assertTrue(
          message.contains("cannot be opened: clCall gave CL_DEVICE_NOT_AVAILABLE"), message);
      driver.requireNothingOpen();
    }
  }

  // ---------------------------------------------------------------- builds

  @Test
  void aKernelThatDoesNotCompileIsNamedWithTheLog() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Session session = backend.session();
      Source good = new Source("good", "__kernel void good(__global int *x) { x[0] = 1; }\n");
      Source bad = new Source("bad", "__kernel void bad(__global int *x) { x[0] = sunshine; }\n");
      String message = said(() -> session.use(() -> built(session, List.of(good, bad))));
      assertTrue(message.contains("the OpenCL kernel 'bad' does not compile on"), message);
      assertTrue(message.contains("CL_BUILD_PROGRAM_FAILURE"), message);
      assertTrue(message.contains("sunshine"), message);
      session.use(() -> built(session, List.of(good)));
      assertEquals(3, Tensor.of(1f, 2f).on(backend).sum().item());
    }
    driver.requireNothingOpen();
  }

  private static boolean built(Session session, List<Source> sources) {
    session.programs().build(sources);
    return true;
  }

  @Test
  void aPlanWhoseKernelsDoNotCompileLeavesNothing() {
    FaultyDriver driver = new FaultyDriver();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Tensor x = Tensor.of(1f, 2f).on(backend);
      UnaryOperator<Tensor> f = compile((Tensor a) -> a.cumsum(0).sum().exp())::apply;
      long room = backend.room();
      DriverException refused = new DriverException("clBuild", CL.CL_BUILD_PROGRAM_FAILURE);
      driver.failing("build", refused);
      String message = said(() -> f.apply(x));
      assertTrue(message.contains("does not compile on"), message);
      assertTrue(backend.room() >= room);
      driver.failingOnce("build", refused); // then each kernel is tried alone
      assertEquals(Math.exp(4), f.apply(x).item(), 1e-4);
    }
    driver.requireNothingOpen();
  }

  // ---------------------------------------------------------------- less than usual

  private static FaultyDriver withoutFloat64() {
    return new FaultyDriver()
        .info(
            CL.CL_DEVICE_EXTENSIONS,
            text ->
                new String(text, StandardCharsets.UTF_8)
                    .replace("cl_khr_fp64", "")
                    .getBytes(StandardCharsets.UTF_8))
        .rewriting(
            "program1",
            source ->
                source instanceof String ? "#define double no_double_here\n" + source : source);
  }

  @Test
  void withoutFloat64Float32Works() {
    FaultyDriver driver = withoutFloat64();
    UnaryOperator<Tensor> f = x -> x.times(0.1f).exp().sum(1).log().mean();
    Tensor x = Key.of(5).normal(DType.FLOAT32, 3, 2000);
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      assertFalse(backend.device().float64());
      Tensor here = x.on(backend);
      assertEquals(x.sum().item(), here.sum().item(), 1e-2);
      assertEquals(f.apply(x).item(), compile(f).apply(here).item(), 1e-5);
      Tensor square = x.slice(1, 0, 3);
      assertArrayEquals(
          square.matmul(square).toDoubles(), square.on(backend).matmul(square).toDoubles(), 1e-5);
      Key key = new Key(Key.of(6).words().on(backend));
      assertArrayEquals(
          Key.of(6).normal(DType.FLOAT32, 100).toDoubles(),
          key.normal(DType.FLOAT32, 100).toDoubles(),
          1e-5);
    }
    driver.requireNothingOpen();
  }

  @Test
  void withoutFloat64ThatIsSaid() {
    FaultyDriver driver = withoutFloat64();
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Tensor x = Tensor.of(1f, 2f).on(backend);
      List<Executable> uses =
          List.of(
              () -> Tensor.of(1d, 2d).cast(DType.FLOAT64).on(backend),
              () -> x.cast(DType.FLOAT64),
              () -> Tensor.ones(DType.FLOAT64).on(backend),
              () -> new Key(Key.of(6).words().on(backend)).normal(DType.FLOAT64, 3),
              () -> compile((Tensor a) -> a.cast(DType.FLOAT64).sum()).apply(x));
      for (Executable use : uses) {
        String message = said(use);
        assertTrue(message.contains("has no float64; cast to float32, or run on"), message);
      }
      assertEquals(3, x.sum().item());
    }
    driver.requireNothingOpen();
  }

  private static FaultyDriver withGroupsOf(int most) {
    return new FaultyDriver()
        .rewriting(
            "launch3",
            local -> {
              if (Arrays.stream((long[]) local).reduce(1, (a, b) -> a * b) > most) {
                throw new DriverException("clEnqueueND", CL.CL_INVALID_WORK_GROUP_SIZE);
              }
              return local;
            });
  }

  @Test
  void groupsAreNoLargerThanTheDeviceAllows() {
    FaultyDriver driver =
        withGroupsOf(4)
            .info(CL.CL_DEVICE_MAX_WORK_GROUP_SIZE, usual -> size(4))
            .info(CL.CL_DEVICE_TYPE, usual -> size(CL.CL_DEVICE_TYPE_GPU)); // works in groups
    UnaryOperator<Tensor> normalized = x -> x.div(x.exp().sum(1).expandDims(1));
    Tensor x = Key.of(7).normal(DType.FLOAT32, 3, 10);
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      assertEquals(4, backend.device().groupSize());
      assertArrayEquals(
          normalized.apply(x).toDoubles(),
          compile(normalized).apply(x.on(backend)).toDoubles(),
          1e-5);
      assertEquals(x.max().item(), x.on(backend).max().item());
    }
    driver.requireNothingOpen();
  }

  private static byte[] size(long size) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, size).array();
  }

  @Test
  void aKernelThatNeedsSmallerGroupsIsASentence() {
    FaultyDriver driver = withGroupsOf(8).rewriting("groupSize", size -> 8L);
    try (OpenClBackend backend = InstalledDevice.open(driver, cache)) {
      Tensor x = Tensor.of(1f, 2f).on(backend);
      String message = said(() -> x.argmax(0));
      assertTrue(message.contains("in groups of 128, but "), message);
      assertTrue(message.contains("no more than 8; ask for smaller ones by "), message);
      assertArrayEquals(new double[] {1, 2}, x.toDoubles());
    }
    driver.requireNothingOpen();
  }
}
