package nestor.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A table prints with its columns aligned, numbers to the right.
final class TableTest {
  @Test
  void numbersStandFlushRightAndTextsFlushLeft() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Table(
            "accuracy",
            List.of("model", "accuracy", "steps"),
            List.of(List.of("HOPE", "93.1 ± 0.4 %", "1,000"), List.of("Übergröße", "9 %", "–")))
        .print(new PrintStream(out, true, StandardCharsets.UTF_8));
    assertEquals(
        """
        accuracy
          model          accuracy  steps
          HOPE       93.1 ± 0.4 %  1,000
          Übergröße           9 %      –
        """,
        out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aColumnIsNumericIfAllItsCellsAre() {
    for (String number : List.of("1", "-1.5e-3", "NaN", "∞", "1.2x", "3 ms", "", "0.1±0.2")) {
      assertTrue(new Table("", List.of("c"), List.of(List.of(number))).isNumeric(0), number);
    }
    for (String text : List.of("a", "v1", "3 levels", "1 2", "x±y")) {
      assertFalse(new Table("", List.of("c"), List.of(List.of(text))).isNumeric(0), text);
    }
  }

  @Test
  void rowsHaveACellForEachColumn() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Table("t", List.of("a", "b"), List.of(List.of("1"))));
  }
}
