package nestor.autodiff.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Sums and maxima of integers against naive loops.
class IntegerReductionsTest {
  private static final Workers ONE = Workers.of(1);
  private static final Workers TWO = Workers.of(2);

  @AfterAll
  static void closeWorkers() {
    ONE.close();
    TWO.close();
  }

  @Test
  void longKernelsEqualTheNaiveLoops() {
    for (int[] size : ReductionsTest.SIZES) {
      var r = new Reductions(size[0], size[1], size[2]);
      var random = new Random(3);
      long[] x = new long[1 + r.outer() * r.reduced() * r.inner()];
      Arrays.setAll(x, i -> random.nextLong());
      for (var workers : List.of(ONE, TWO)) {
        long[] sums = new long[2 + r.outer() * r.inner()];
        long[] maxima = new long[2 + r.outer() * r.inner()];
        r.sum(workers, x, 1, sums, 2);
        r.max(workers, x, 1, maxima, 2);
        for (int to = 0; to < r.outer() * r.inner(); to++) {
          int from = to / r.inner() * r.reduced() * r.inner() + to % r.inner();
          long sum = 0;
          long max = Long.MIN_VALUE;
          for (int i = 0; i < r.reduced(); i++) {
            sum += x[1 + from + i * r.inner()];
            max = Math.max(max, x[1 + from + i * r.inner()]);
          }
          assertEquals(sum, sums[2 + to]);
          assertEquals(max, maxima[2 + to]);
        }
      }
    }
  }

  @Test
  void intKernelsEqualTheNaiveLoops() {
    for (int[] size : ReductionsTest.SIZES) {
      var r = new Reductions(size[0], size[1], size[2]);
      var random = new Random(3);
      int[] x = new int[1 + r.outer() * r.reduced() * r.inner()];
      Arrays.setAll(x, i -> random.nextInt());
      for (var workers : List.of(ONE, TWO)) {
        int[] sums = new int[2 + r.outer() * r.inner()];
        int[] maxima = new int[2 + r.outer() * r.inner()];
        r.sum(workers, x, 1, sums, 2);
        r.max(workers, x, 1, maxima, 2);
        for (int to = 0; to < r.outer() * r.inner(); to++) {
          int from = to / r.inner() * r.reduced() * r.inner() + to % r.inner();
          int sum = 0;
          int max = Integer.MIN_VALUE;
          for (int i = 0; i < r.reduced(); i++) {
            sum += x[1 + from + i * r.inner()];
            max = Math.max(max, x[1 + from + i * r.inner()]);
          }
          assertEquals(sum, sums[2 + to]);
          assertEquals(max, maxima[2 + to]);
        }
      }
    }
  }
}
