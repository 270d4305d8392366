package nestor.opencl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import nestor.autodiff.DType;
import nestor.autodiff.TensorException;
import nestor.autodiff.plan.Kernel;

/// Which of several ways to compute a matrix product is fastest on a device: each is tried for some
/// milliseconds the first time, and what was found is kept on disk beside the built programs.
final class Tuning {
  private static final long NANOS = 3_000_000;
  private static final int FEWEST_RUNS = 3;
  private static final int MOST_RUNS = 50;

  private final Session session;
  private final Optional<Path> file;
  private final Map<String, Products.Way> known = new HashMap<>();

  Tuning(Session session, BinaryCache cache) {
    this.session = session;
    Device device = session.device();
    this.file = cache.beside("tuning " + device, ".txt");
    file.ifPresent(this::read);
  }

  private void read(Path path) {
    try {
      for (String line : Files.readAllLines(path)) {
        String[] parts = line.split(" ", -1);
        for (Products.Way way : Products.Way.values()) {
          if (parts.length == 2 && parts[1].equals(way.name())) {
            known.put(parts[0], way);
          }
        }
      }
    } catch (IOException e) {
      System.getLogger(Tuning.class.getName())
          .log(System.Logger.Level.DEBUG, "nothing is known of earlier tuning", e);
    }
  }

  /// The fastest way to compute products of these sizes.
  Products.Way fastest(Kernel.Product product, DType dtype, List<Products.Way> ways) {
    String key = key(product, dtype);
    Products.Way way = known.get(key);
    if (way == null || !ways.contains(way)) {
      way = measured(product, dtype, ways);
      known.put(key, way);
      store(key + " " + way.name() + "\n");
    }
    return way;
  }

  private static String key(Kernel.Product product, DType dtype) {
    int batch = product.left().starts().length;
    return "%s:%d:%d:%d:%d:%s%s"
        .formatted(
            dtype,
            batch,
            product.m(),
            product.n(),
            product.k(),
            product.left().columnStride() == 1 ? "r" : "c",
            product.right().columnStride() == 1 ? "r" : "c");
  }

  private void store(String line) {
    if (file.isEmpty()) {
      return;
    }
    try {
      Files.createDirectories(file.get().toAbsolutePath().getParent());
      Files.write(
          file.get(),
          line.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      System.getLogger(Tuning.class.getName())
          .log(System.Logger.Level.DEBUG, "what was tuned could not be stored", e);
    }
  }

  private Products.Way measured(Kernel.Product product, DType dtype, List<Products.Way> ways) {
    int slots =
        1 + Math.max(product.out(), Math.max(product.left().slot(), product.right().slot()));
    Frame frame = new Frame(new Buffer[slots], new int[slots]);
    frame.arrays()[product.left().slot()] =
        operand(product.left(), product.m(), product.k(), dtype);
    frame.arrays()[product.right().slot()] =
        operand(product.right(), product.k(), product.n(), dtype);
    int size = product.left().starts().length * product.m() * product.n();
    frame.arrays()[product.out()] = session.allocate(dtype, size, "tuning");
    Products.Way best = ways.getFirst();
    double least = Double.POSITIVE_INFINITY;
    for (Products.Way way : ways) {
      List<KernelLaunch> launches =
          Products.of(session, product, dtype, way).stream()
              .map(call -> new KernelLaunch(session, call))
              .toList();
      try {
        double time = time(launches, frame);
        if (time < least) {
          least = time;
          best = way;
        }
      } catch (TensorException e) {
        System.getLogger(Tuning.class.getName())
            .log(System.Logger.Level.DEBUG, "a way that the device cannot go: " + way, e);
      }
    }
    Arrays.stream(frame.arrays()).filter(Objects::nonNull).forEach(Buffer::release);
    return best;
  }

  /// An operand of zeros, as large as what is read of it.
  private Buffer operand(Kernel.Matrices matrices, int rows, int columns, DType dtype) {
    int last = Arrays.stream(matrices.starts()).max().orElse(0);
    int size =
        last + (rows - 1) * matrices.rowStride() + (columns - 1) * matrices.columnStride() + 1;
    return session.upload(dtype.newArray(size), "tuning");
  }

  private double time(List<KernelLaunch> launches, Frame frame) {
    launches.forEach(launch -> launch.enqueue(frame));
    session.finish();
    double least = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    for (int run = 0;
        run < FEWEST_RUNS || (run < MOST_RUNS && System.nanoTime() - start < NANOS);
        run++) {
      long begin = System.nanoTime();
      launches.forEach(launch -> launch.enqueue(frame));
      session.finish();
      least = Math.min(least, (double) (System.nanoTime() - begin));
    }
    return least;
  }
}
