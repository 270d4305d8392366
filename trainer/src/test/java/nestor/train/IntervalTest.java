package nestor.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/// [Interval] against figures worked out by hand.
class IntervalTest {
  @Test
  void threeFiguresHaveTheirTextbookInterval() {
    Interval interval =
        Interval.of(List.of(1.0, 2.0, 3.0)); // s = 1, t₀.₉₇₅ with 2 degrees: 4.30265
    assertEquals(2, interval.mean(), 1e-12);
    assertEquals(4.302652729 / Math.sqrt(3), interval.halfWidth(), 1e-8);
    assertEquals("2.00 ± 2.48", interval.toString(2));
  }

  @Test
  void equalFiguresLeaveNoDoubt() {
    assertEquals(new Interval(7, 0), Interval.of(List.of(7.0, 7.0, 7.0, 7.0)));
  }

  @Test
  void oneFigureHasNoWidthAndNoneHasNoInterval() {
    assertTrue(Double.isNaN(Interval.of(List.of(5.0)).halfWidth()));
    assertEquals("5.0", Interval.of(List.of(5.0)).toString(1));
    assertThrows(IllegalArgumentException.class, () -> Interval.of(List.of()));
  }
}
