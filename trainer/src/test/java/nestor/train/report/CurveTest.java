package nestor.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A curve is drawn from few points, and shows what all of them would.
final class CurveTest {
  private static Curve noisy(int count) {
    Random random = new Random(3);
    Curve curve = new Curve();
    for (int i = 0; i < count; i++) {
      curve.add(i, i, 5 + random.nextGaussian());
    }
    return curve;
  }

  @Test
  void thinningKeepsEveryExtreme() {
    Curve curve = noisy(1000);
    curve.add(1000, 1000, 99);
    curve.add(1001, 1001, -99);
    for (int i = 1002; i < 50_000; i++) {
      curve.add(i, i, 5);
    }
    List<Point> few = curve.points(500);
    assertTrue(few.size() <= 510, "points: " + few.size());
    assertTrue(few.contains(new Point(1000, 99)));
    assertTrue(few.contains(new Point(1001, -99)));
    assertEquals(0, few.getFirst().step());
    assertEquals(49_999, few.getLast().step());
    for (int i = 1; i < few.size(); i++) {
      assertTrue(few.get(i - 1).step() <= few.get(i).step());
    }
  }

  @Test
  void theMemoryOfALongRunIsBoundedAndKeepsItsExtremes() {
    Curve curve = new Curve();
    int steps = 20 * Curve.MOST;
    for (int i = 0; i < steps; i++) {
      curve.add(i, i, i == 777_777 ? 1e9 : i % 7);
    }
    assertEquals(steps, curve.count());
    assertTrue(curve.points(Integer.MAX_VALUE).size() <= Curve.MOST);
    assertTrue(curve.points(100).contains(new Point(777_777, 1e9)));
  }

  @Test
  void whatIsMeasuredSeldomIsOneLine() {
    Curve slow = new Curve();
    for (int i = 0; i <= 1000; i += 100) {
      slow.add(i, i, i);
    }
    assertTrue(slow.isSparse());
    assertEquals(11, slow.points(500).size());
    assertTrue(slow.points(500).stream().noneMatch(Point::isGap));
  }

  @Test
  void whatIsMissingForAWhileIsAGap() {
    Curve curve = new Curve();
    for (int i = 0; i < 1000; i++) {
      if (i < 300 || i >= 400) {
        curve.add(i, i, i % 2);
      }
    }
    assertFalse(curve.isSparse());
    assertEquals(1, curve.points(2000).stream().filter(Point::isGap).count());
    assertTrue(curve.points(100).stream().anyMatch(Point::isGap));
  }

  @Test
  void whatIsNotFiniteIsCountedAndLeftOut() {
    Curve curve = new Curve();
    curve.add(0, 0, 1);
    curve.add(1, 10, Double.NaN);
    curve.add(2, 20, Double.POSITIVE_INFINITY);
    curve.add(3, 30, 2);
    assertEquals(2, curve.broken());
    assertEquals(10, curve.firstBroken().orElseThrow());
    assertFalse(curve.isLogarithmic());
    assertEquals(2, curve.points(10).stream().filter(point -> !point.isGap()).count());
  }

  @Test
  void theTrendOfNoiseIsItsMedian() {
    Curve curve = noisy(100_000);
    assertTrue(curve.isNoisy());
    for (Point point : curve.smoothed()) {
      assertEquals(5, point.value(), 0.2); // five standard errors of a median of 1000
    }
  }

  @Test
  void positiveValuesOverTwoDecadesAskForALogarithmicScale() {
    assertTrue(of(1, 101).isLogarithmic());
    assertFalse(of(1, 99).isLogarithmic());
    assertFalse(of(0, 1000).isLogarithmic());
    assertFalse(of(-1, 1000).isLogarithmic());
    assertFalse(new Curve().isLogarithmic());
  }

  private static Curve of(double... values) {
    Curve curve = new Curve();
    for (int i = 0; i < values.length; i++) {
      curve.add(i, i, values[i]);
    }
    return curve;
  }
}
