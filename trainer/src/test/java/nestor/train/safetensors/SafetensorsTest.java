package nestor.train.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is written is read back to the bit, and the bytes are those of the format.
final class SafetensorsTest {
  @TempDir Path folder;

  private static Map<String, Tensor> everyType() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("z", Tensor.of(Shape.of(2, 3), 1.5, -0.0, Double.NaN, 1e300, Double.MIN_VALUE, 3));
    tensors.put("single", Tensor.of(1.5f, Float.NEGATIVE_INFINITY, -0f));
    tensors.put("long", Tensor.of(Long.MIN_VALUE, Long.MAX_VALUE));
    tensors.put("int", Tensor.of(Integer.MIN_VALUE, 0, 7));
    tensors.put("truth \"ünïcode\" \n", Tensor.of(true, false, true));
    tensors.put("number", Tensor.scalar(42));
    tensors.put("empty", Tensor.zeros(DType.FLOAT32, 3, 0));
    return tensors;
  }

  @Test
  void readingGivesBackWhatWasWritten() {
    Path file = folder.resolve("all.safetensors");
    Safetensors.write(file, everyType());
    Map<String, Tensor> read = Safetensors.read(file);
    assertEquals(new ArrayList<>(everyType().keySet()), new ArrayList<>(read.keySet()));
    everyType()
        .forEach((name, expected) -> {
          assertEquals(expected.type(), read.get(name).type(), name);
          assertArrayEquals(expected.toDoubles(), read.get(name).toDoubles(), name);
          assertArrayEquals(expected.toLongs(), read.get(name).toLongs(), name);
        });
  }

  @Test
  void tensorsLargerThanOneChunkSurvive() {
    Path file = folder.resolve("large.safetensors");
    Tensor numbers = Tensor.arange(DType.FLOAT64, 40_001);
    Safetensors.write(file, Map.of("n", numbers));
    assertArrayEquals(numbers.toDoubles(), Safetensors.read(file).get("n").toDoubles());
  }

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    Path file = folder.resolve("bytes.safetensors");
    Safetensors.write(file, Map.of("a", Tensor.of(1.0f, 2.0f)), Map.of("k", "v"));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) bytes.getLong();
    assertEquals(0, header % 8);
    byte[] json = new byte[header];
    bytes.get(json);
    assertEquals(
        "{\"__metadata__\":{\"k\":\"v\"},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        new String(json, StandardCharsets.UTF_8).strip());
    assertEquals(1.0f, bytes.getFloat());
    assertEquals(2.0f, bytes.getFloat());
    assertEquals(0, bytes.remaining());
  }

  @Test
  void entriesMayStandInAnyOrder() {
    String header =
        """
        {"b":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},
         "none":{"dtype":"F64","shape":[0],"data_offsets":[8,8]},
         "a":{"shape":[],"data_offsets":[0,8],"dtype":"I64"}}   \
        """;
    Path file = FileBytes.save(folder, FileBytes.of(header, 12));
    assertEquals(List.of("b", "none", "a"), new ArrayList<>(Safetensors.read(file).keySet()));
  }

  @Test
  void metadataAreKept() {
    Path file = folder.resolve("metadata.safetensors");
    Safetensors.write(file, Map.of(), Map.of("model", "größer"));
    assertEquals(Map.of("model", "größer"), Safetensors.metadata(file));
    assertEquals(Map.of(), Safetensors.read(file));
  }

  @Test
  void aFileIsReplacedWholeAndNothingIsLeftBeside() throws IOException {
    Path file = folder.resolve("again.safetensors");
    Safetensors.write(file, Map.of("a", Tensor.of(1.0)));
    Safetensors.write(file, Map.of("b", Tensor.of(2.0)));
    assertEquals(Map.of("b", 2.0), Map.of("b", Safetensors.read(file).get("b").item()));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void failuresAreSentences() {
    Path missing = folder.resolve("missing.safetensors");
    String message =
        assertThrows(UncheckedIOException.class, () -> Safetensors.read(missing)).getMessage();
    assertTrue(message.endsWith("there is no such file or folder"), message);
    assertThrows(
        IllegalArgumentException.class,
        () -> Safetensors.write(missing, Map.of("__metadata__", Tensor.of(1.0))));
  }
}
