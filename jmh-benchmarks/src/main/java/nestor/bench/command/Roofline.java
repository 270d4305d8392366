package nestor.bench.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import nestor.bench.Case;
import nestor.bench.Cost;
import nestor.bench.Gemm;
import nestor.bench.Step;
import nestor.train.Mode;
import nestor.train.Table;

/// What all cores of this machine do at their best together: the least time that a step can take is
/// that of its floating-point operations at the peak or that of its bytes at the bandwidth of
/// memory of its size, whichever is longer (Williams, Waterman and Patterson, 2009).
///
/// @param flopsPerSecond the most multiply-adds in `float32` that were seen, two operations each
record Roofline(double flopsPerSecond) {
  private static final int CORES = Runtime.getRuntime().availableProcessors();
  private static final int SAMPLES = 12;
  private static final double SAMPLE_SECONDS = 0.05;

  /// Rows of the matrix product.
  private static final int LARGE = 512;

  private static final double PRODUCT_SECONDS = 1.5;

  /// Numbers that stay in registers or the innermost cache.
  private static final int FEW = 256;

  /// Multiply-adds per number read.
  private static final int CHAIN = 8;

  private static final int LEAST_BYTES = 1 << 15;
  private static final long MOST_BYTES = 1L << 28;

  /// A step's costs and times.
  ///
  /// @param measured the time that it takes
  /// @param cost what it does
  record Point(Measurement measured, Cost cost) {}

  /// Measures the peak, in some seconds: the faster of a loop of multiply-adds and a large matrix
  /// product.
  static Roofline measure() {
    Case product = Gemm.at(LARGE, LARGE, LARGE);
    Step step = product.start(Mode.COMPILED);
    Timing.of(step, PRODUCT_SECONDS); // warms it up
    double products = product.cost().flop() / (Timing.of(step, PRODUCT_SECONDS).min() / 1e3);
    return new Roofline(Math.max(products, best(MultiplyAdds::new)));
  }

  /// Work that can be repeated.
  private interface Work {
    /// Does it once; says how much it was.
    long once();
  }

  private static final class MultiplyAdds implements Work {
    private static final int TURNS = 64;
    private final float[] x = new float[FEW];

    @Override
    public long once() {
      for (int turn = 0; turn < TURNS; turn++) {
        turn(x, 0.5f, 1);
      }
      return 2L * CHAIN * FEW * TURNS;
    }

    private static void turn(float[] x, float a, float b) {
      for (int i = 0; i < FEW; i++) {
        float y = Math.fma(x[i], a, b);
        y = Math.fma(y, a, b);
        y = Math.fma(y, a, b);
        y = Math.fma(y, a, b);
        y = Math.fma(y, a, b);
        y = Math.fma(y, a, b);
        y = Math.fma(y, a, b);
        x[i] = Math.fma(y, a, b);
      }
    }
  }

  /// Sums of two arrays into a third.
  private static final class Sums implements Work {
    private final float[] a;
    private final float[] b;
    private final float[] c;

    Sums(int numbers) {
      a = new float[numbers];
      b = new float[numbers];
      c = new float[numbers];
    }

    @Override
    public long once() {
      add(a, b, c);
      return 3L * Float.BYTES * a.length;
    }

    private static void add(float[] a, float[] b, float[] c) {
      for (int i = 0; i < c.length; i++) {
        c[i] = a[i] + b[i];
      }
    }
  }

  /// The most that all cores do in a second together, each with a work of its own.
  private static double best(Supplier<Work> works) {
    List<Work> all = Stream.generate(works).limit(CORES).toList();
    double best = 0;
    for (int i = 0; i < SAMPLES; i++) {
      best = Math.max(best, all.parallelStream().mapToDouble(Roofline::rate).sum());
    }
    return best;
  }

  private static double rate(Work work) {
    long start = System.nanoTime();
    long done = 0;
    long end = start + (long) (SAMPLE_SECONDS * 1e9);
    while (System.nanoTime() < end) {
      done += work.once();
    }
    return done / ((System.nanoTime() - start) / 1e9);
  }

  /// Bytes per second through memory of so many bytes, shared by all cores.
  private static double bandwidth(long held) {
    long bytes = Math.clamp(held, LEAST_BYTES, MOST_BYTES) / CORES;
    return best(() -> new Sums((int) (bytes / (3 * Float.BYTES))));
  }

  /// The points beside their floors.
  Table table(List<Point> points) {
    List<List<String>> rows = new ArrayList<>();
    for (Point point : points) {
      Cost cost = point.cost;
      double bandwidth = bandwidth(cost.held());
      double compute = 1e3 * cost.flop() / flopsPerSecond;
      double traffic = 1e3 * cost.bytes() / bandwidth;
      double floor = Math.max(compute, traffic);
      rows.add(
          List.of(
              point.measured.workload(),
              Measurement.size(point.measured.parameters()),
              number("%.2f", cost.flop() / 1e6),
              number("%.2f", cost.bytes() / 1e6),
              number("%.2f", cost.held() / 1e6),
              number("%.0f", bandwidth / 1e9),
              number("%.4f", compute),
              number("%.4f", traffic),
              number("%.4f", point.measured.medianMs()),
              number("%.0f %%", 100 * floor / point.measured.medianMs())));
    }
    return new Table(
        "Floors at %.0f GFLOP/s of multiply-adds, milliseconds per step"
            .formatted(flopsPerSecond / 1e9),
        List.of(
            "workload",
            "size",
            "MFLOP",
            "MB moved",
            "MB held",
            "GB/s",
            "for FLOPs",
            "for bytes",
            "median",
            "reached"),
        rows);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
