package nestor.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import org.junit.jupiter.api.function.Executable;

/// Counts the checks of one test class and says how many there were; the tests of several modules
/// compile it.
///
/// @param subject what the class checks
/// @param checks how many checks were done
public record Tally(String subject, AtomicInteger checks) {
  public Tally(String subject) {
    this(subject, new AtomicInteger());
  }

  public void report() {
    System.out.printf("%,7d checks: %s%n", checks.get(), subject);
  }

  public void one(boolean holds, String law) {
    checks.incrementAndGet();
    assertTrue(holds, law);
  }

  public void equal(Object expected, Object actual) {
    checks.incrementAndGet();
    assertEquals(expected, actual);
  }

  /// Each leaf differs by at most the tolerance, relative to its largest element if that is above
  /// 1.
  public void near(double tolerance, Object expected, Object actual) {
    List<Tensor> wanted = Tree.leaves(expected);
    List<Tensor> given = Tree.leaves(actual);
    assertEquals(wanted.size(), given.size());
    for (int i = 0; i < wanted.size(); i++) {
      assertEquals(wanted.get(i).type(), given.get(i).type());
      double[] e = wanted.get(i).toDoubles();
      double[] a = given.get(i).toDoubles();
      double bound = tolerance * Math.max(1, Arrays.stream(e).map(Math::abs).max().orElse(0));
      assertArrayEquals(e, a, bound, "leaf " + i);
      checks.incrementAndGet();
    }
  }

  /// The same types, shapes and bits, leaf by leaf.
  public void sameBits(Object expected, Object actual) {
    checks.incrementAndGet();
    assertTrue(areSameBits(expected, actual), () -> expected + " is not " + actual);
  }

  /// Some bit differs.
  public void otherBits(Object expected, Object actual) {
    checks.incrementAndGet();
    assertTrue(!areSameBits(expected, actual), () -> "unchanged: " + actual);
  }

  private static boolean areSameBits(Object expected, Object actual) {
    List<Tensor> wanted = Tree.leaves(expected);
    List<Tensor> given = Tree.leaves(actual);
    assertEquals(wanted.size(), given.size());
    boolean same = true;
    for (int i = 0; i < wanted.size(); i++) {
      same &= wanted.get(i).type().equals(given.get(i).type());
      same &= Arrays.equals(wanted.get(i).toDoubles(), given.get(i).toDoubles());
    }
    return same;
  }

  public void finite(Object tree) {
    for (var leaf : Tree.toMap(tree).entrySet()) {
      boolean finite = Arrays.stream(leaf.getValue().toDoubles()).allMatch(Double::isFinite);
      one(finite, () -> leaf.getKey() + " = " + leaf.getValue());
    }
  }

  private void one(boolean holds, Supplier<String> law) {
    checks.incrementAndGet();
    assertTrue(holds, law);
  }

  /// Derivatives of orders 1 to `order` are finite differences of the order below, and not 0.
  public <T> void derivatives(GradientCheck check, Function<T, ?> f, T at, int order) {
    for (var result : check.check(f, at, order, Key.of(77))) {
      one(Math.abs(result.derivative()) > 1e-5, () -> "no derivative to speak of: " + result);
    }
  }

  /// A mistake gives an `IllegalArgumentException` with these words.
  public void fails(Executable mistake, String... words) {
    checks.incrementAndGet();
    var e = assertThrows(IllegalArgumentException.class, mistake);
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), "'" + word + "' is missing in: " + e.getMessage());
    }
  }
}
