package nestor.train.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a file holds, reading it gives tensors or a [MalformedFile], never another exception.
final class MalformedFilesTest {
  @TempDir Path folder;

  private byte[] small() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a", Tensor.of(1.0, 2.0));
    tensors.put("flags", Tensor.of(true, false, true));
    tensors.put("n", Tensor.of(7));
    Path file = folder.resolve("small.safetensors");
    Safetensors.write(file, tensors, Map.of("step", "12"));
    return Files.readAllBytes(file);
  }

  private String rejected(byte[] bytes) {
    Path file = FileBytes.save(folder, bytes);
    String message = assertThrows(MalformedFile.class, () -> Safetensors.read(file)).getMessage();
    assertTrue(message.contains(file.toString()), message);
    return message;
  }

  @Test
  void everyTruncationIsRejected() throws IOException {
    byte[] bytes = small();
    for (int length = 0; length < bytes.length; length++) {
      rejected(Arrays.copyOf(bytes, length));
    }
  }

  @Test
  void bytesBehindTheLastTensorAreRejected() throws IOException {
    byte[] bytes = small();
    assertTrue(rejected(Arrays.copyOf(bytes, bytes.length + 1)).contains("stand behind"));
  }

  @Test
  void everyChangedByteGivesTensorsOrIsRejected() throws IOException {
    byte[] bytes = small();
    int rejections = 0;
    for (int i = 0; i < bytes.length; i++) {
      for (int value : new int[] {0, 1, ' ', '"', '0', '9', '[', '{', '}', 0x7f, 0x80, 0xff}) {
        byte[] changed = bytes.clone();
        changed[i] = (byte) value;
        rejections += readOrReject(changed);
      }
      for (int bit = 0; bit < 8; bit++) {
        byte[] changed = bytes.clone();
        changed[i] ^= (byte) (1 << bit);
        rejections += readOrReject(changed);
      }
    }
    assertTrue(rejections > bytes.length * 10, "only " + rejections + " rejections");
  }

  private int readOrReject(byte[] bytes) {
    Path file = FileBytes.save(folder, bytes);
    try {
      Safetensors.read(file);
      return 0;
    } catch (MalformedFile expected) {
      return 1;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 1000, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void wrongHeaderLengthsAreRejected(long claimed) {
    byte[] header = "{}      ".getBytes(StandardCharsets.UTF_8);
    rejected(FileBytes.withLength(claimed == 4 ? 1 : claimed, header, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " {}",
        "[]",
        "null",
        "{",
        "{}}",
        "{} {}",
        "{\"a\"}",
        "{\"a\":1}",
        "{\"a\":null}",
        "{\"a\":{}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1]}}",
        "{\"a\":{\"dtype\":\"F64\",\"data_offsets\":[0,8]}}",
        "{\"a\":{\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"f64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":64,\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":1,\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1.0],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[\"1\"],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[[1]],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[-1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,0]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[-8,0]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8],\"x\":1}}",
        "{\"a\":{\"dtype\":\"F64\",\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8],\"data_offsets\":[0,8]}}",
        "{\"\\ud800\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":[]}",
        "{\"__metadata__\":{\"a\":{}}}",
        "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}",
        "{\"__metadata__\":{},\"__metadata__\":{}}",
      })
  void wrongHeadersAreRejected(String header) {
    rejected(FileBytes.of(header, 8));
    rejected(FileBytes.of(header, 0));
  }

  @Test
  void hugeNumbersAreRejected() {
    for (String number :
        new String[] {
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551616",
          "99999999999999999999999999999999",
          "1e9"
        }) {
      rejected(FileBytes.of(entry("a", "[" + number + "]", 0, 8), 8));
      rejected(FileBytes.of(entry("a", "[" + number + ",0]", 0, 0), 0));
      rejected(
          FileBytes.of(
              "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[%s,%s]}}"
                  .formatted(number, number),
              8));
      rejected(
          FileBytes.of(
              "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,%s]}}".formatted(number),
              8));
    }
    rejected(FileBytes.of(entry("a", "[4294967296,4294967296]", 0, 0), 0));
    rejected(FileBytes.of(entry("a", "[2147483647,2147483647,0]", 0, 0), 0));
    rejected(FileBytes.of(entry("a", "[2147483647]", 0, 2147483647L * 8), 8));
  }

  @Test
  void overlapsHolesAndDuplicatesAreNamed() {
    assertTrue(rejected(FileBytes.of(two("a", 0, 8, "b", 0, 8), 8)).contains("another tensor too"));
    assertTrue(
        rejected(FileBytes.of(two("a", 0, 8, "b", 4, 12), 12)).contains("another tensor too"));
    assertTrue(
        rejected(FileBytes.of(two("a", 0, 8, "b", 9, 17), 17)).contains("belong to no tensor"));
    assertTrue(
        rejected(FileBytes.of(two("a", 1, 9, "b", 9, 17), 17)).contains("belong to no tensor"));
    assertTrue(rejected(FileBytes.of(two("a", 0, 8, "a", 8, 16), 16)).contains("appears twice"));
    assertTrue(
        rejected(FileBytes.of(two("a", 0, 8, "\\u0061", 8, 16), 16)).contains("appears twice"));
  }

  @Test
  void manyAxesAreRejected() {
    assertTrue(
        rejected(FileBytes.of(entry("a", "[" + "1,".repeat(64) + "1]", 0, 8), 8))
            .contains("more than 64"));
  }

  @Test
  void aMessageIsOneShortLineWhateverTheNames() {
    for (String name : new String[] {"a\\nb\\u001b[31m", "n".repeat(100_000)}) {
      String message = rejected(FileBytes.of(entry(name, "[2]", 0, 8), 8));
      assertEquals(1, message.lines().count());
      assertFalse(message.contains("\u001b"));
      assertTrue(message.length() < 1000, message);
    }
  }

  @Test
  void deepNestingIsRejected() {
    int depth = 100_000;
    rejected(FileBytes.of("{\"a\":" + "[".repeat(depth), 0));
    rejected(FileBytes.of("{\"a\":".repeat(depth) + "1" + "}".repeat(depth), 0));
    rejected(FileBytes.of("{\"__metadata__\":{\"a\":" + "[".repeat(depth), 0));
  }

  @Test
  void otherEncodingsThanUtf8AreRejected() {
    rejected(FileBytes.of("{}".getBytes(StandardCharsets.UTF_16LE), 0));
    rejected(FileBytes.of(new byte[] {'{', '"', (byte) 0xc3, '"', ':', '1', '}'}, 0));
  }

  @Test
  void truthValuesOtherThanZeroAndOneAreRejected() {
    byte[] bytes =
        FileBytes.of("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2);
    bytes[bytes.length - 1] = 2;
    assertTrue(rejected(bytes).contains("tensor 'a'"));
  }

  @Test
  void aMessageNamesThePlace() {
    String header = "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8],\"x\":1}}";
    String message = rejected(FileBytes.of(header, 8));
    assertTrue(message.contains("unknown field 'x' of the tensor 'a'"), message);
    assertTrue(message.contains("byte "), message);
    assertEquals(1, message.lines().count());
  }

  private static String entry(String name, String shape, long begin, long end) {
    return "{" + described(name, shape, begin, end) + "}";
  }

  private static String two(String a, long begin, long end, String b, long begin2, long end2) {
    return "{" + described(a, "[1]", begin, end) + "," + described(b, "[1]", begin2, end2) + "}";
  }

  private static String described(String name, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"F64\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, shape, begin, end);
  }
}
