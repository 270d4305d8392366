package nestor.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Typing errors are few edits away from what was meant.
final class NearestTest {
  @Test
  void distanceCountsEdits() {
    assertEquals(0, Nearest.distance("run", "run"));
    assertEquals(1, Nearest.distance("rnu", "run"));
    assertEquals(2, Nearest.distance("tests", "lest"));
    assertEquals(3, Nearest.distance("", "run"));
  }

  @Test
  void whatIsFarFromAllIsAnsweredWithAll() {
    assertEquals("; did you mean run?", Nearest.hint("rum", List.of("list", "run")));
    assertEquals(
        "; there are list, run and test", Nearest.hint("quux", List.of("list", "run", "test")));
    assertEquals("; there are none", Nearest.hint("x", List.of()));
  }
}
