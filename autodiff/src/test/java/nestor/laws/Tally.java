package nestor.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import org.junit.jupiter.api.function.Executable;

/// Counts the checks of one test class and says how many there were.
///
/// @param subject what the class checks
/// @param checks how many checks were done
record Tally(String subject, AtomicInteger checks) {
  Tally(String subject) {
    this(subject, new AtomicInteger());
  }

  void report() {
    System.out.printf("%,7d checks: %s%n", checks.get(), subject);
  }

  void one(boolean holds, String law) {
    checks.incrementAndGet();
    assertTrue(holds, law);
  }

  void equal(Object expected, Object actual) {
    checks.incrementAndGet();
    assertEquals(expected, actual);
  }

  /// Each leaf differs by at most the tolerance, relative to the leaf's largest element if that is
  /// above 1.
  void near(double tolerance, Object expected, Object actual) {
    List<Tensor> wanted = Tree.leaves(expected);
    List<Tensor> given = Tree.leaves(actual);
    assertEquals(wanted.size(), given.size());
    for (int i = 0; i < wanted.size(); i++) {
      checks.incrementAndGet();
      double error = Samples.error(given.get(i), wanted.get(i));
      assertTrue(
          error <= tolerance,
          "error %.3g above %.3g: expected %s but was %s"
              .formatted(error, tolerance, wanted.get(i), given.get(i)));
    }
  }

  void near(double tolerance, double expected, Tensor actual) {
    near(tolerance, Tensor.scalar(expected), actual);
  }

  void sameBits(Object expected, Object actual) {
    near(0, expected, actual);
  }

  /// Derivatives of orders 1 to `order` are finite differences of the order below.
  <T> void derivatives(Function<T, ?> f, T at, int order) {
    for (var result : new GradientCheck(1e-3, 1e-6).check(f, at, order, Key.of(77))) {
      checks.incrementAndGet();
      assertTrue(result.error() <= 1e-6, result.toString());
    }
  }

  /// A mistake gives a `TensorException` with these words and the line of the test's own code.
  TensorException fails(Executable mistake, String... words) {
    checks.incrementAndGet();
    TensorException e = assertThrows(TensorException.class, mistake);
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), "'" + word + "' is missing in: " + e.getMessage());
    }
    String line =
        Arrays.stream(e.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith("nestor.laws."))
            .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
            .findFirst()
            .orElseThrow();
    assertTrue(e.getMessage().contains(line), "'" + line + "' is missing in: " + e.getMessage());
    return e;
  }
}
