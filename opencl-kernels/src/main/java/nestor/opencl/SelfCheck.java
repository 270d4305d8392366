package nestor.opencl;

import static nestor.autodiff.Transform.compile;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Finding;
import nestor.autodiff.Finding.Grade;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// Whether a device computes what the backend `reference` does: a few operators, in the types that
/// it has, which take the roads of generated and of hand-written kernels. Takes about a second
/// where kernels are yet to be compiled, which is most of it.
final class SelfCheck {
  /// After which a device is taken not to answer any more.
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final int ROWS = 33;
  private static final int DEPTH = 130;
  private static final int COLUMNS = 65;

  /// What is computed, in the order of [#results].
  private static final List<String> NAMES = List.of("product", "sum", "exp", "normal numbers");

  private SelfCheck() {}

  /// Opens a device, lets it compute and closes it.
  static Finding of(Device device, Supplier<Backend> opening) {
    return of(device, opening, PATIENCE);
  }

  static Finding of(Device device, Supplier<Backend> opening, Duration patience) {
    CompletableFuture<String> fault = new CompletableFuture<>();
    long start = System.nanoTime();
    Thread.ofPlatform()
        .daemon() // a driver that hangs cannot be stopped
        .name("self-check of " + device.name())
        .start(() -> {
          try {
            fault.complete(fault(device, opening));
          } catch (Throwable e) {
            fault.completeExceptionally(e);
          }
        });
    try {
      String what = fault.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return what.isEmpty() ? right(device, System.nanoTime() - start) : wrong(device, what);
    } catch (ExecutionException e) {
      return wrong(device, "cannot compute: " + sentence(e));
    } catch (TimeoutException e) {
      return wrong(device, "does not answer within %d s".formatted(patience.toSeconds()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return wrong(device, "could not be checked to the end");
    }
  }

  private static String sentence(ExecutionException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private static Finding right(Device device, long nanoseconds) {
    return Finding.good(
        Examination.SUBJECT,
        String.format(
            Locale.ROOT,
            "the self-check of '%s' in float32%s was right (%.2f s): %s",
            device.name(),
            device.float64() ? " and float64" : "",
            nanoseconds * 1e-9,
            String.join(", ", NAMES)));
  }

  private static Finding wrong(Device device, String what) {
    return new Finding(
        Grade.BROKEN,
        Examination.SUBJECT,
        "the device '%s' %s".formatted(device.name(), what),
        "update its driver, or choose another device by"
            + " NESTOR_JAVA_OPTS=-Dnestor.opencl.device=NAME");
  }

  /// What a device computes wrongly, or nothing.
  private static String fault(Device device, Supplier<Backend> opening) {
    Key key = new Key(Key.of(1).words().on(Backend.named("reference")));
    List<Tensor> given =
        List.of(
            key.fold("left").normal(DType.FLOAT32, ROWS, DEPTH),
            key.fold("right").normal(DType.FLOAT32, DEPTH, COLUMNS),
            key.fold("widest").normal(widest(device), ROWS, DEPTH),
            key.words());
    List<Tensor> expected = results(given);
    Backend backend = opening.get();
    try {
      List<Tensor> there = given.stream().map(each -> each.on(backend)).toList();
      List<Tensor> got = compile(SelfCheck::results).apply(there);
      return IntStream.range(0, got.size())
          .mapToObj(i -> fault(NAMES.get(i), got.get(i), expected.get(i)))
          .filter(fault -> !fault.isEmpty())
          .findFirst()
          .orElse("");
    } finally {
      if (backend instanceof OpenClBackend opened) {
        opened.close();
      }
    }
  }

  private static DType widest(Device device) {
    return device.float64() ? DType.FLOAT64 : DType.FLOAT32;
  }

  private static List<Tensor> results(List<Tensor> given) {
    return List.of(
        given.get(0).matmul(given.get(1)),
        given.get(2).sum(0),
        given.get(2).exp(),
        new Key(given.get(3)).normal(DType.FLOAT32, DEPTH));
  }

  private static String fault(String name, Tensor got, Tensor expected) {
    double bound = expected.dtype() == DType.FLOAT32 ? 1e-4 : 1e-10;
    double error = error(got, expected);
    return error <= bound // not where it is NaN
        ? ""
        : String.format(
            Locale.ROOT,
            "computes wrongly: %s in %s off by %.1e, more than the %.0e of rounding",
            name,
            expected.dtype(),
            error,
            bound);
  }

  private static double error(Tensor got, Tensor expected) {
    double[] ours = got.toDoubles();
    double[] right = expected.toDoubles();
    double largest = 1;
    double error = 0;
    for (int i = 0; i < right.length; i++) {
      largest = Math.max(largest, Math.abs(right[i]));
      error = Math.max(error, Math.abs(ours[i] - right[i])); // NaN where one of them is
    }
    return error / largest;
  }
}
