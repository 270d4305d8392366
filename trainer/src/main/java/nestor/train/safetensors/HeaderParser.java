package nestor.train.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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
  private static final int MOST_AXES = 64; // NumPy's limit
  private static final JsonFactory JSON =
      JsonFactory.builder()
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
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
    } catch (CharacterCodingException e) {
      throw new MalformedFile(file, "the header is not UTF-8", "header");
    }
    try (JsonParser parser = JSON.createParser(json)) {
      return new HeaderParser(file, parser).header(json.length, dataBytes);
    } catch (IOException e) { // from an array: nothing but bad JSON
      throw new MalformedFile(file, "the header is not JSON: " + firstLine(e), "header");
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage())
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
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
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
      expect(JsonToken.VALUE_STRING, "the metadata '" + key + "' must be a text");
      if (texts.put(key, parser.getText()) != null) {
        throw error("the metadata '" + key + "' appear twice");
      }
    }
    return texts;
  }

  private Entry entry(String name) throws IOException {
    String of = " of the tensor '" + name + "'";
    expect(JsonToken.START_OBJECT, "the description" + of + " must be an object");
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
            default -> throw error("the unknown field '" + field + "'" + of);
          };
      if (again) {
        throw error("the field " + field + of + " appears twice");
      }
      switch (field) {
        case "dtype" -> encoding = encoding(of);
        case "shape" -> shape = numbers("shape" + of);
        default -> offsets = numbers("data_offsets" + of);
      }
    }
    if (encoding == null || shape == null || offsets == null) {
      String missing = encoding == null ? "dtype" : shape == null ? "shape" : "data_offsets";
      throw error("the field " + missing + of + " is missing");
    }
    if (offsets.size() != 2) {
      throw error("data_offsets" + of + " must be two numbers, not " + offsets.size());
    }
    Entry entry = new Entry(name, encoding, shape, offsets.get(0), offsets.get(1));
    fits(entry, of);
    return entry;
  }

  private Encoding encoding(String of) throws IOException {
    expect(JsonToken.VALUE_STRING, "dtype" + of + " must be a text");
    String name = parser.getText();
    for (Encoding encoding : Encoding.values()) {
      if (encoding.name().equals(name)) {
        return encoding;
      }
    }
    throw error("dtype%s is %s; known are %s".formatted(of, name, Encoding.names()));
  }

  private List<Long> numbers(String what) throws IOException {
    expect(JsonToken.START_ARRAY, what + " must be a list of whole numbers");
    List<Long> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || parser.getText().startsWith("-")) {
        throw error(what + " must hold whole numbers from 0 up");
      }
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw error(what + " holds the number " + parser.getText() + ", which is too large");
      }
      if (numbers.size() == MOST_AXES) {
        throw error(what + " holds more than " + MOST_AXES + " numbers");
      }
      numbers.add(parser.getLongValue());
    }
    return numbers;
  }

  private void fits(Entry entry, String of) {
    long bytes = entry.encoding().bytes();
    try {
      for (long dim : entry.shape()) {
        bytes = Math.multiplyExact(bytes, dim);
      }
    } catch (ArithmeticException e) {
      throw error("the shape " + entry.shape() + of + " has too many elements");
    }
    if (entry.end() < entry.begin()) {
      throw error(
          "the bytes%s end at %d, before they begin at %d"
              .formatted(of, entry.end(), entry.begin()));
    }
    if (entry.end() - entry.begin() != bytes) {
      throw error(
          "%s%s takes %d bytes, but data_offsets give it %d"
              .formatted(entry.shape(), of, bytes, entry.end() - entry.begin()));
    }
    if (bytes / entry.encoding().bytes() > Integer.MAX_VALUE - 8) {
      throw error("the shape " + entry.shape() + of + " has more elements than a Java array");
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

  private void expect(JsonToken token, String otherwise) throws IOException {
    if (parser.nextToken() != token) {
      throw error(otherwise);
    }
  }

  private MalformedFile error(String what) {
    return new MalformedFile(
        file, what, "byte " + (PREFIX + parser.currentLocation().getByteOffset()));
  }
}
