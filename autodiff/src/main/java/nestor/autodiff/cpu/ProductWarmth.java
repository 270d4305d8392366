package nestor.autodiff.cpu;

import java.util.ArrayList;
import java.util.List;

/// Whether the JIT has compiled the vector kernels of products: until then they are slower than
/// plain loops by orders of magnitude. Once enough has been multiplied, a daemon thread runs them
/// on small matrices of its own until they are the faster ones.
final class ProductWarmth {
  /// Floating-point operations after which vectors are worth warming up.
  private static final long WORTH = 20_000_000;

  /// The JIT may have much else to do.
  private static final long PATIENCE_NANOS = 120_000_000_000L;

  private static final long PAUSE_MILLIS = 50;

  /// Calls that the JIT takes notice of, and calls by which it is seen whether it is done.
  private static final int FIRST_CALLS = 700;

  private static final int CALLS = 3;

  /// m, n, k and whether B is transposed: a case for each path through the kernels.
  private static final int[][] SHAPES = {
    {1, 64, 40, 0}, {1, 213, 37, 0}, {1, 64, 40, 1}, {1, 37, 64, 1}, {8, 32, 24, 0},
    {13, 53, 19, 0}, {5, 17, 40, 0}, {16, 48, 24, 1}, {3, 21, 16, 1}, {2, 40, 16, 1}
  };

  private long work; // roughly: threads may overtake each other
  private boolean asked;
  private volatile boolean warm;

  /// Whether to use vectors for a product of so many operations. A large one gets its kernel
  /// compiled while it runs.
  boolean pays(long flop) {
    if (warm || flop >= MatrixProduct.PARALLEL_FLOP) {
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
    List<Runnable> vectors = new ArrayList<>();
    List<Runnable> scalars = new ArrayList<>();
    Workers alone = Workers.of(1);
    for (int[] shape : SHAPES) {
      int n = shape[1];
      int k = shape[2];
      boolean plain = shape[3] == 0;
      MatrixProduct product = new MatrixProduct(shape[0], n, k, k, 1, plain ? n : 1, plain ? 1 : k);
      int[] start = {0};
      PreparedProduct prepared = PreparedProduct.of(product, start, start);
      float[] a = new float[shape[0] * k];
      float[] b = new float[k * n];
      float[] c = new float[shape[0] * n];
      double[] p = new double[a.length];
      double[] q = new double[b.length];
      double[] r = new double[c.length];
      vectors.add(() -> FloatProduct.run(prepared, alone, a, 0, b, 0, c, 0));
      vectors.add(() -> DoubleProduct.run(prepared, alone, p, 0, q, 0, r, 0));
      scalars.add(() -> FloatProduct.run(prepared.cold(), alone, a, 0, b, 0, c, 0));
      scalars.add(() -> DoubleProduct.run(prepared.cold(), alone, p, 0, q, 0, r, 0));
    }
    long end = System.nanoTime() + PATIENCE_NANOS;
    try {
      time(vectors, FIRST_CALLS);
      while (!warm && System.nanoTime() < end) {
        Thread.sleep(PAUSE_MILLIS);
        warm = time(vectors, CALLS) < time(scalars, CALLS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // plain loops remain
    }
  }

  private static long time(List<Runnable> products, int calls) {
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      products.forEach(Runnable::run);
    }
    return System.nanoTime() - start;
  }
}
