package nestor.autodiff.cpu;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Whether the JIT has compiled the vector kernels of products of one element type: until then they
/// are slower than plain loops by orders of magnitude. Once enough has been multiplied, a daemon
/// thread runs them on small matrices of its own until they are the faster ones.
final class ProductWarmth {
  /// Floating-point operations after which vectors are worth warming up.
  private static final long WORTH = 100_000_000;

  /// The JIT may have much else to do.
  private static final long PATIENCE_NANOS = 120_000_000_000L;

  private static final int PAUSE_MILLIS = 20;

  /// How much longer the thread sleeps than it works: the cores are for the JIT and the caller.
  private static final int SLEEP = 2;

  /// Calls in a row, and calls by which it is seen whether the JIT is done.
  private static final int CALLS = 50;

  private static final int TIMED = 3;

  /// m, n, k and whether B is transposed: a case for each path through the kernels.
  private static final int[][] SHAPES = {
    {1, 64, 40, 0}, {1, 213, 37, 0}, {1, 64, 40, 1}, {1, 37, 64, 1}, {8, 32, 24, 0},
    {13, 53, 19, 0}, {5, 17, 40, 0}, {16, 48, 24, 1}, {3, 21, 16, 1}, {2, 40, 16, 1}
  };

  private final Rehearsal rehearsal;
  private long work; // roughly: threads may overtake each other
  private boolean asked;
  private volatile boolean warm;

  /// Makes runs of a product on arrays of its own.
  @FunctionalInterface
  private interface Rehearsal {
    Runnable of(Workers alone, PreparedProduct product, int a, int b, int c);
  }

  private ProductWarmth(Rehearsal rehearsal) {
    this.rehearsal = rehearsal;
  }

  /// That of products of `float32`.
  static ProductWarmth ofFloats() {
    return new ProductWarmth((alone, product, left, right, result) -> {
      float[] a = new float[left];
      float[] b = new float[right];
      float[] c = new float[result];
      return () -> FloatProduct.run(product, alone, a, 0, b, 0, c, 0);
    });
  }

  /// That of products of `float64`.
  static ProductWarmth ofDoubles() {
    return new ProductWarmth((alone, product, left, right, result) -> {
      double[] a = new double[left];
      double[] b = new double[right];
      double[] c = new double[result];
      return () -> DoubleProduct.run(product, alone, a, 0, b, 0, c, 0);
    });
  }

  /// Whether to use vectors for a product of so many operations.
  boolean pays(long flop) {
    if (warm) {
      return true;
    }
    work += flop;
    if (work >= WORTH) {
      ask();
    }
    return false;
  }

  private synchronized void ask() {
    if (!asked) {
      asked = true;
      Thread.ofPlatform().daemon().name("nestor product warm-up").start(this::rehearse);
    }
  }

  private void rehearse() {
    Workers alone = Workers.of(1);
    List<Runnable> vectors = new ArrayList<>();
    List<Runnable> scalars = new ArrayList<>();
    for (int[] shape : SHAPES) {
      int n = shape[1];
      int k = shape[2];
      boolean plain = shape[3] == 0;
      MatrixProduct product = new MatrixProduct(shape[0], n, k, k, 1, plain ? n : 1, plain ? 1 : k);
      int[] start = {0};
      PreparedProduct prepared = PreparedProduct.of(product, start, start);
      vectors.add(rehearsal.of(alone, prepared, shape[0] * k, k * n, shape[0] * n));
      scalars.add(rehearsal.of(alone, prepared.cold(), shape[0] * k, k * n, shape[0] * n));
    }
    long end = System.nanoTime() + PATIENCE_NANOS;
    try {
      while (!warm && System.nanoTime() < end) {
        for (Runnable product : vectors) {
          pausing(() -> repeat(product, CALLS));
        }
        pausing(() -> warm = time(vectors) < time(scalars));
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // plain loops remain
    }
  }

  private static void pausing(Runnable work) throws InterruptedException {
    long start = System.nanoTime();
    work.run();
    Thread.sleep(Duration.ofNanos(SLEEP * (System.nanoTime() - start)));
  }

  private static void repeat(Runnable work, int calls) {
    for (int i = 0; i < calls; i++) {
      work.run();
    }
  }

  private static long time(List<Runnable> products) {
    long start = System.nanoTime();
    products.forEach(product -> repeat(product, TIMED));
    return System.nanoTime() - start;
  }
}
