package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import nestor.autodiff.Tensor;
import nestor.opencl.driver.DriverException;
import org.jocl.CL;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import script.OrdinaryScript;

/// Built programs on disk: damaged, mistaken, refused, and written by several at once.
class BinaryCacheTest {
  @TempDir private Path folder;

  @BeforeAll
  static void requireDevice() {
    InstalledDevice.require();
  }

  /// Computes with two kernels and gives how many of them were compiled.
  private static int compiled(FaultyDriver driver, Path folder) {
    int[] sources = new int[1];
    driver.rewriting(
        "program1",
        source -> {
          sources[0] += source instanceof String ? 1 : 0;
          return source;
        });
    try (OpenClBackend backend = InstalledDevice.open(driver, folder)) {
      Tensor x = Tensor.of(1f, -2f, 3f).on(backend);
      assertEquals(6, x.abs().sum().item());
    }
    driver.requireNothingOpen();
    return sources[0];
  }

  private int compiled() {
    return compiled(new FaultyDriver(), folder);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  private void damage(UnaryOperator<byte[]> damage) throws IOException {
    for (Path file : files()) {
      Files.write(file, damage.apply(Files.readAllBytes(file)));
    }
  }

  @Test
  void damagedFilesAreWrittenAnew() throws IOException {
    int kernels = compiled();
    assertTrue(kernels > 0);
    assertEquals(0, compiled(), "compiled again what was stored");
    List<UnaryOperator<byte[]>> damages =
        List.of(
            all -> new byte[0],
            all -> Arrays.copyOf(all, 20),
            all -> Arrays.copyOf(all, all.length - 1),
            all -> Arrays.copyOf(all, all.length + 1),
            all -> flipped(all, 3),
            all -> flipped(all, 30),
            all -> flipped(all, all.length / 2),
            all -> flipped(all, all.length - 1));
    for (UnaryOperator<byte[]> damage : damages) {
      damage(damage);
      assertEquals(
          kernels, compiled(), "damage %d was not seen".formatted(damages.indexOf(damage)));
      assertEquals(0, compiled(), "the damaged file was not written anew");
    }
    assertEquals(kernels, files().size());
  }

  private static byte[] flipped(byte[] all, int at) {
    all[at] ^= 1;
    return all;
  }

  @Test
  void aFileOfAnotherProgramIsNotUsed() throws IOException {
    compiled();
    List<Path> files = files();
    byte[] first = Files.readAllBytes(files.getFirst());
    Files.write(files.getFirst(), Files.readAllBytes(files.getLast()));
    Files.write(files.getLast(), first);
    assertEquals(2, compiled());
  }

  @Test
  void whatTheDriverRejectsIsBuiltFromSource() {
    int kernels =
        compiled(new FaultyDriver().rewriting("binary", binary -> new byte[] {1, 2, 3}), folder);
    assertEquals(kernels, compiled());
    assertEquals(0, compiled());
  }

  @Test
  void aDriverWithoutBinariesWorks() throws IOException {
    assertTrue(compiled(new FaultyDriver().rewriting("binary", binary -> new byte[0]), folder) > 0);
    assertEquals(List.of(), files());
    assertTrue(
        compiled(
                new FaultyDriver()
                    .failing(
                        "binary", new DriverException("clGetProgramInfo", CL.CL_INVALID_VALUE)),
                folder)
            > 0);
    assertEquals(List.of(), files());
  }

  @Test
  void aFolderThatCannotBeWrittenDoesNoHarm() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertTrue(compiled(new FaultyDriver(), file) > 0);
    assertTrue(compiled(new FaultyDriver(), file.resolve("below")) > 0);
    assertEquals(List.of(file), files());
  }

  @Test
  void threadsThatStartAtOnceLeaveWholeFiles() throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    Callable<Integer> run =
        () -> {
          start.await();
          return compiled();
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (Future<Integer> each : threads.invokeAll(List.of(run, run))) {
        assertTrue(each.get() > 0);
      }
    }
    assertEquals(0, compiled());
    assertTrue(files().stream().allMatch(file -> file.toString().endsWith(".bin")));
  }

  @Test
  void processesThatStartAtOnceLeaveWholeFiles() throws Exception {
    Path output = Files.createDirectory(folder.resolve("output"));
    Path caches = folder.resolve("caches");
    List<OtherProcess> all = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      all.add(
          OtherProcess.start(
              OrdinaryScript.class, output, Map.of("XDG_CACHE_HOME", caches.toString())));
    }
    String expected = "opencl gives 14.0\nopencl gives 14.0\ncpu gives 14.0\n";
    for (OtherProcess each : all) {
      assertEquals(expected, each.printed());
    }
    Path written = caches.resolve("nestor").resolve("opencl");
    int[] built = new int[1];
    FaultyDriver driver =
        new FaultyDriver()
            .rewriting(
                "program1",
                source -> {
                  built[0] += source instanceof String ? 1 : 0;
                  return source;
                });
    try (OpenClBackend backend = InstalledDevice.open(driver, written)) {
      Tensor x = Tensor.of(1, 2, 3).on(backend);
      assertArrayEquals(new double[] {14}, new double[] {x.times(x).sum().item()});
    }
    assertEquals(0, built[0], "not all was written");
  }
}
