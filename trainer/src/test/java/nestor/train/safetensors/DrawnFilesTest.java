package nestor.train.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Malformed files of every class, drawn with a fixed seed: each is refused with a sentence that
/// names it and says what is wrong, and refusing it allocates no more than its size and a constant.
final class DrawnFilesTest {
  private static final int PER_CLASS = 30;
  private static final long CONSTANT = 1 << 20;

  /// What a class of malformed files looks like, and what is said of them.
  private record Malformed(String name, Drawn drawn, String saying) {}

  private interface Drawn {
    byte[] with(Random random);
  }

  @TempDir Path folder;

  private final List<Malformed> classes =
      List.of(
          new Malformed("truncated", this::truncated, "ends after|stand behind|fewer than"),
          new Malformed("overlapping", DrawnFilesTest::overlapping, "another tensor too"),
          new Malformed(
              "huge offsets",
              DrawnFilesTest::hugeOffsets,
              "but data_offsets give it|too large|from 0 up|belong to no|before they begin|stand"
                  + " behind|length \\(\\d+\\) exceeds 20"),
          new Malformed("duplicate keys", DrawnFilesTest::duplicates, "appears? twice"),
          new Malformed(
              "deep", DrawnFilesTest::deep, "must be|unknown field|no place in the format"),
          new Malformed(
              "huge header length", DrawnFilesTest::hugeLength, "the header claims \\d+ bytes"),
          new Malformed("not UTF-8", DrawnFilesTest::notUtf8, "not UTF-8|zero byte"),
          new Malformed("wrong types", DrawnFilesTest::wrongType, "dtype of the tensor"),
          new Malformed(
              "overflowing shapes",
              DrawnFilesTest::overflowing,
              "too many elements|takes \\d+ bytes|larger than a tensor"));

  @BeforeEach
  void loadClasses() {
    refuse("{", new byte[9], "");
    read(valid(new Random(0)));
  }

  @Test
  void malformedFilesOfEveryClassAreRefused() {
    Random random = new Random(20_250);
    int refused = 0;
    long most = 0;
    for (Malformed one : classes) {
      for (int i = 0; i < PER_CLASS; i++) {
        byte[] bytes = one.drawn().with(random);
        long allocated = refuse(one.name() + " " + i, bytes, one.saying());
        assertTrue(
            allocated <= bytes.length + CONSTANT,
            "%s %d: %,d bytes for a file of %,d".formatted(one.name(), i, allocated, bytes.length));
        most = Math.max(most, allocated - bytes.length);
        refused++;
      }
    }
    assertTrue(refused >= 100);
    System.out.printf(
        "%,7d checks: malformed safetensors files refused, %,d KiB beyond their size at most%n",
        refused, Math.max(0, most) >> 10);
  }

  @Test
  void aFlippedByteIsRefusedOrChangesWhatIsRead() throws IOException {
    Random random = new Random(7);
    int refused = 0;
    int changed = 0;
    for (int i = 0; i < 400; i++) {
      byte[] bytes = valid(random);
      int data = 8 + (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
      boolean isData = i % 2 == 0;
      int at = isData ? random.nextInt(data, bytes.length) : random.nextInt(data);
      bytes[at] ^= (byte) random.nextInt(1, 256);
      Path file = FileBytes.save(folder, bytes);
      try {
        Map<String, Tensor> tensors = Safetensors.read(file);
        if (isData) { // every pattern of bits is a value, and written again the same
          Path again = folder.resolve("again");
          Safetensors.write(again, tensors, Safetensors.metadata(file));
          assertArrayEquals(bytes, Files.readAllBytes(again));
        }
        changed++;
      } catch (MalformedFile e) {
        assertTrue(!isData || e.getMessage().contains("a truth value is stored as"), e.toString());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 150 && changed > 150, refused + " refused, " + changed + " changed");
    System.out.printf("%,7d checks: safetensors files with a flipped byte%n", refused + changed);
  }

  /// What stands in a header is kept until it is known to be wrong at its end, so such a file takes
  /// a multiple of its size; but of nothing that it only claims.
  @Test
  void headersFullOfTheSmallestDescriptionsTakeAMultipleOfTheirSize() {
    StringBuilder tensors = new StringBuilder();
    StringBuilder texts = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      String comma = i == 0 ? "" : ",";
      tensors.append(comma).append(described(i + "", "F64", "[0]", "0", "0"));
      texts.append(comma).append("\"%d\":\"\"".formatted(i));
    }
    for (String header : List.of("{" + tensors + "}", "{\"__metadata__\":{" + texts + "}}")) {
      byte[] bytes = FileBytes.of(header, 8);
      long allocated = refuse("many", bytes, "stand behind the header");
      assertTrue(allocated < 32L * bytes.length + CONSTANT, allocated + " for " + bytes.length);
    }
  }

  /// Refuses a file and gives the number of bytes that took.
  private long refuse(String which, byte[] bytes, String saying) {
    Path file = FileBytes.save(folder, bytes);
    long before = allocated();
    MalformedFile e = assertThrows(MalformedFile.class, () -> Safetensors.read(file), which);
    long after = allocated();
    String message = e.getMessage();
    assertTrue(message.contains(file.toString()), which + ": " + message);
    assertTrue(Pattern.compile(saying).matcher(message).find(), which + ": " + message);
    assertEquals(1, message.lines().count(), which);
    return after - before;
  }

  /// The bytes that this thread has allocated. By name, since the module does not read the one that
  /// has the method.
  private static long allocated() {
    try {
      return (Long)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName(ManagementFactory.THREAD_MXBEAN_NAME),
                  "getThreadAllocatedBytes",
                  new Object[] {Thread.currentThread().threadId()},
                  new String[] {"long"});
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  private void read(byte[] bytes) {
    Safetensors.read(FileBytes.save(folder, bytes));
  }

  private byte[] valid(Random random) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    int count = random.nextInt(1, 6);
    for (int i = 0; i < count; i++) {
      int rows = random.nextInt(1, 40);
      int columns = random.nextInt(1, 300);
      Shape shape = Shape.of(rows, columns);
      double[] values = random.doubles((long) rows * columns).toArray();
      tensors.put(
          "layers." + i,
          switch (random.nextInt(4)) {
            case 0 -> Tensor.of(shape, values);
            case 1 -> Tensor.of(shape, random.ints(values.length).toArray());
            case 2 -> Tensor.of(shape, random.longs(values.length).toArray());
            default -> Tensor.of(shape, new boolean[values.length]);
          });
    }
    Path file = folder.resolve("valid");
    try {
      Safetensors.write(file, tensors, Map.of("step", "12"));
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] truncated(Random random) {
    byte[] bytes = valid(random);
    return Arrays.copyOf(bytes, random.nextInt(bytes.length));
  }

  private static byte[] overlapping(Random random) {
    int first = random.nextInt(2, 10_000);
    int second = random.nextInt(2, 10_000);
    long begin = random.nextInt(first);
    long end = begin + second;
    String header =
        "{%s,%s}"
            .formatted(
                described("a", "BOOL", "[" + first + "]", "0", first + ""),
                described("b", "BOOL", "[" + second + "]", begin + "", end + ""));
    return FileBytes.of(header, (int) Math.max(first, end));
  }

  private static byte[] hugeOffsets(Random random) {
    int size = 8 * random.nextInt(1, 1000);
    long far =
        switch (random.nextInt(4)) {
          case 0 -> size + random.nextInt(1, 100_000);
          case 1 -> Long.MAX_VALUE - random.nextInt(100);
          case 2 -> -random.nextInt(1, 100_000);
          default -> random.nextLong();
        };
    String begin = random.nextBoolean() ? String.valueOf(far) : "0";
    String end =
        switch (random.nextInt(3)) {
          case 0 -> String.valueOf(far + size); // which may overflow
          case 1 -> far + "0".repeat(random.nextInt(1, 8));
          default -> String.valueOf(begin.equals("0") ? far : size);
        };
    return FileBytes.of("{" + described("a", "F64", "[" + size / 8 + "]", begin, end) + "}", size);
  }

  private static byte[] duplicates(Random random) {
    int size = random.nextInt(1, 1000);
    String name = "n".repeat(random.nextInt(1, 50));
    String again = random.nextBoolean() ? name : "\\u006e" + name.substring(1);
    String tensor = described(name, "BOOL", "[" + size + "]", "0", size + "");
    String header =
        switch (random.nextInt(4)) {
          case 0 -> tensor + "," + described(again, "BOOL", "[" + size + "]", size + "", "9");
          case 1 -> tensor.replace("}", ",\"shape\":[" + size + "]}");
          case 2 -> tensor + ",\"__metadata__\":{},\"__metadata__\":{}";
          default -> "\"__metadata__\":{\"%s\":\"1\",\"%s\":\"2\"}".formatted(name, again);
        };
    return FileBytes.of(
        "{" + header.replace("[" + size + ",9]", "[" + size + "," + 2 * size + "]") + "}",
        2 * size);
  }

  private static byte[] deep(Random random) {
    int depth = random.nextInt(2000, 200_000);
    String open = random.nextBoolean() ? "[" : "{\"a\":";
    String where =
        switch (random.nextInt(4)) {
          case 0 -> "{\"a\":";
          case 1 -> "{\"a\":{\"dtype\":\"F64\",\"shape\":";
          case 2 -> "{\"__metadata__\":{\"a\":";
          default -> "{\"a\":{\"x\":";
        };
    return FileBytes.of(where + open.repeat(depth), random.nextInt(100));
  }

  private static byte[] hugeLength(Random random) {
    byte[] header = "{}      ".getBytes(StandardCharsets.UTF_8);
    long claimed =
        switch (random.nextInt(4)) {
          case 0 -> random.nextLong(header.length + 100, 100_000_000);
          case 1 -> random.nextLong(100_000_001, Long.MAX_VALUE);
          case 2 -> Long.MAX_VALUE - random.nextInt(16);
          default -> random.nextLong(Long.MIN_VALUE, 0);
        };
    return FileBytes.withLength(claimed, header, random.nextInt(100));
  }

  private static byte[] notUtf8(Random random) {
    String header = "{" + described("name of a tensor", "F64", "[1]", "0", "8") + "}";
    byte[] bytes =
        random.nextInt(4) == 0
            ? header.getBytes(StandardCharsets.UTF_16LE)
            : header.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == header.length()) {
      // Never part of UTF-8, in the name or after the last brace.
      bytes[random.nextBoolean() ? random.nextInt(2, 16) : bytes.length - 1] =
          (byte) random.nextInt(0xf8, 0x100);
    }
    return FileBytes.of(bytes, 8);
  }

  private static byte[] wrongType(Random random) {
    List<String> types = List.of("F16", "BF16", "U8", "f64", "F640", "", "F\\u0000", "64", "null");
    String type = types.get(random.nextInt(types.size())) + (random.nextBoolean() ? "" : "?");
    int size = random.nextInt(1, 1000);
    return FileBytes.of(
        "{" + described("a", type, "[" + size + "]", "0", 8 * size + "") + "}", 8 * size);
  }

  private static byte[] overflowing(Random random) {
    long large = random.nextLong(1L << 32, Long.MAX_VALUE);
    int size = 8 * random.nextInt(1, 1000);
    String shape =
        switch (random.nextInt(4)) {
          case 0 -> "[%d,%d]".formatted(large, large);
          case 1 -> "[4294967296,4294967296,%d]".formatted(random.nextInt(1, 9)); // 2^64 is 0
          case 2 -> "[%d]".formatted(size / 8 + (1L << 61)); // times 8 it is the right size again
          default -> "[%d,0,%d]".formatted(large, random.nextInt(9));
        };
    boolean isEmpty = shape.contains(",0,");
    return FileBytes.of(
        "{" + described("a", "F64", shape, "0", isEmpty ? "0" : size + "") + "}",
        isEmpty ? 0 : size);
  }

  private static String described(
      String name, String type, String shape, String begin, String end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%s,%s]}"
        .formatted(name, type, shape, begin, end);
  }
}
