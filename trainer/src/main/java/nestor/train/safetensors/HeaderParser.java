package nestor.train.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a header's JSON, which may hold nothing but what the format knows, and checks that the
/// tensors share out the bytes behind it.
final class HeaderParser {
  private static final int PREFIX = 8;
  private static final int DEEPEST = 3;
  private static final int LONGEST_NAME = 100;
  private static final int DECODED_AT_ONCE = 1 << 12;
  private static final int MOST_AXES = 64; // NumPy's limit
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES) // they are a file's, seen once
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNumberLength(20)
                  .maxStringLength(Header.MAX_BYTES)
                  .maxNameLength(Header.MAX_BYTES)
                  .build())
          .build();

  private final Path file;
  private final JsonParser parser;
  private final CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
  private String tensor = ""; // which is read

  private HeaderParser(Path file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /// The header in `json`, whose tensors must cover `dataBytes` bytes exactly.
  static Header parse(Path file, byte[] json, long dataBytes) {
    if (json.length == 0 || json[0] != '{') {
      throw new MalformedFile(file, "the header does not begin with '{'", "byte " + PREFIX);
    }
    for (int i = 0; i < json.length; i++) { // JSON has none, and UTF-16 would be guessed from one
      if (json[i] == 0) {
        throw new MalformedFile(file, "the header holds a zero byte", "byte " + (PREFIX + i));
      }
    }
    if (!isUtf8(json)) {
      throw new MalformedFile(file, "the header is not UTF-8", "header");
    }
    try (JsonParser parser = JSON.createParser(json)) {
      return new HeaderParser(file, parser).header(json.length, dataBytes);
    } catch (StreamConstraintsException e) {
      throw new MalformedFile(
          file, "the header has no place in the format: " + firstLine(e), "header");
    } catch (IOException e) { // from an array: nothing but bad JSON
      throw new MalformedFile(file, "the header is not JSON: " + firstLine(e), "header");
    }
  }

  private static boolean isUtf8(byte[] json) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(json);
    CharBuffer out = CharBuffer.allocate(Math.min(json.length, DECODED_AT_ONCE));
    CoderResult result = CoderResult.OVERFLOW;
    while (result.isOverflow()) {
      result = decoder.decode(in, out.clear(), true);
    }
    return !result.isError();
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage())
        .replaceAll("the maximum allowed \\((\\d+), from `[^`]*`\\)", "$1")
        .replaceAll("\\[Source: [^;]*; (line: \\d+), (column: \\d+)]", "$1, $2")
        .lines()
        .findFirst()
        .orElse("");
  }

  private Header header(int headerBytes, long dataBytes) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = null;
    parser.nextToken();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (!encoder.canEncode(name)) {
        throw error("a tensor's name is not valid Unicode");
      }
      if (name.equals(Header.METADATA)) {
        if (metadata != null) {
          throw error("the key " + Header.METADATA + " appears twice");
        }
        metadata = metadata();
      } else if (entries.put(name, entry(name)) != null) {
        throw error("the tensor '" + name + "' appears twice");
      }
    }
    if (parser.nextToken() != null) {
      throw error("something stands behind the header's closing brace");
    }
    cover(entries.values().stream().sorted(BY_PLACE).toList(), dataBytes);
    return new Header(
        List.copyOf(entries.values()),
        metadata == null ? Map.of() : metadata,
        (long) PREFIX + headerBytes);
  }

  private Map<String, String> metadata() throws IOException {
    expect(JsonToken.START_OBJECT, Header.METADATA + " must be an object of texts");
    Map<String, String> texts = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw error("the metadata '" + key + "' must be a text");
      }
      if (texts.put(key, parser.getText()) != null) {
        throw error("the metadata '" + key + "' appear twice");
      }
    }
    return texts;
  }

  private Entry entry(String name) throws IOException {
    tensor = name;
    expect(JsonToken.START_OBJECT, "the description%s must be an object");
    Encoding encoding = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      boolean again =
          switch (field) {
            case "dtype" -> encoding != null;
            case "shape" -> shape != null;
            case "data_offsets" -> offsets != null;
            default -> throw error("the unknown field '" + field + "'" + of());
          };
      if (again) {
        throw error("the field " + field + of() + " appears twice");
      }
      switch (field) {
        case "dtype" -> encoding = encoding();
        case "shape" -> shape = numbers("shape");
        default -> offsets = numbers("data_offsets");
      }
    }
    if (encoding == null || shape == null || offsets == null) {
      String missing = encoding == null ? "dtype" : shape == null ? "shape" : "data_offsets";
      throw error("the field " + missing + of() + " is missing");
    }
    if (offsets.size() != 2) {
      throw error("data_offsets" + of() + " must be two numbers, not " + offsets.size());
    }
    Entry entry = new Entry(name, encoding, shape, offsets.get(0), offsets.get(1));
    fits(entry);
    return entry;
  }

  private Encoding encoding() throws IOException {
    expect(JsonToken.VALUE_STRING, "dtype%s must be a text");
    String name = parser.getText();
    for (Encoding encoding : Encoding.values()) {
      if (encoding.name().equals(name)) {
        return encoding;
      }
    }
    throw error("dtype%s is %s; known are %s".formatted(of(), name, Encoding.names()));
  }

  private List<Long> numbers(String what) throws IOException {
    expect(JsonToken.START_ARRAY, what + "%s must be a list of whole numbers");
    List<Long> numbers = new ArrayList<>(4);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      boolean isWhole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
      if (isWhole && parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw error(what + of() + " holds the number " + parser.getText() + ", which is too large");
      }
      if (!isWhole || parser.getLongValue() < 0) {
        throw error(what + of() + " must hold whole numbers from 0 up");
      }
      if (numbers.size() == MOST_AXES) {
        throw error(what + of() + " holds more than " + MOST_AXES + " numbers");
      }
      numbers.add(parser.getLongValue());
    }
    return numbers;
  }

  private void fits(Entry entry) {
    long bytes = entry.encoding().bytes();
    try {
      for (long dim : entry.shape()) {
        bytes = Math.multiplyExact(bytes, dim);
      }
    } catch (ArithmeticException e) {
      throw error("the shape " + entry.shape() + of() + " has too many elements");
    }
    if (entry.end() < entry.begin()) {
      throw error(
          "the bytes%s end at %d, before they begin at %d"
              .formatted(of(), entry.end(), entry.begin()));
    }
    if (entry.end() - entry.begin() != bytes) {
      throw error(
          "%s%s takes %d bytes, but data_offsets give it %d"
              .formatted(entry.shape(), of(), bytes, entry.end() - entry.begin()));
    }
    if (bytes / entry.encoding().bytes() > Integer.MAX_VALUE - 8) {
      throw error("the shape " + entry.shape() + of() + " has more elements than a Java array");
    }
  }

  private static final Comparator<Entry> BY_PLACE =
      Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end);

  private void cover(List<Entry> byPlace, long dataBytes) {
    long covered = 0;
    for (Entry entry : byPlace) {
      if (entry.begin() != covered) {
        throw new MalformedFile(
            file,
            entry.begin() > covered
                ? "bytes %d to %d behind the header belong to no tensor"
                    .formatted(covered, entry.begin())
                : "its bytes from %d on belong to another tensor too".formatted(entry.begin()),
            "tensor '" + entry.name() + "'");
      }
      covered = entry.end();
    }
    if (covered != dataBytes) {
      throw new MalformedFile(
          file,
          "the tensors take %d bytes, but %d stand behind the header".formatted(covered, dataBytes),
          "data");
    }
  }

  /// @param otherwise what is wrong if something else stands here, with a place for the tensor
  private void expect(JsonToken token, String otherwise) throws IOException {
    if (parser.nextToken() != token) {
      throw error(otherwise.formatted(of()));
    }
  }

  private String of() {
    int length = tensor.length(); // which the file decides
    String name =
        length <= LONGEST_NAME
            ? tensor
            : tensor.substring(0, LONGEST_NAME / 2)
                + "…"
                + tensor.substring(length - LONGEST_NAME / 2);
    return " of the tensor '" + name + "'";
  }

  private MalformedFile error(String what) {
    return new MalformedFile(
        file, what, "byte " + (PREFIX + parser.currentLocation().getByteOffset()));
  }
}
