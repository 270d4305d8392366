package nestor.train.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/// Writes a file as a whole or not at all: beside its place first, then moved there.
final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final int CHUNK = 1 << 16;
  private static final JsonFactory JSON = new JsonFactory();

  private SafetensorsWriter() {}

  static void write(Path file, Map<String, Stored> tensors, Map<String, String> metadata)
      throws IOException {
    byte[] header = header(tensors, metadata);
    Path target = file.toAbsolutePath();
    Path partial =
        target.resolveSibling(
            ".%s.%d-%d.partial"
                .formatted(target.getFileName(), ProcessHandle.current().pid(), System.nanoTime()));
    try {
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        drain(prefix.putLong(0, header.length), channel);
        drain(ByteBuffer.wrap(header), channel);
        for (Stored tensor : tensors.values()) {
          write(tensor, channel);
        }
        channel.force(true);
      }
      move(partial, target);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static byte[] header(Map<String, Stored> tensors, Map<String, String> metadata)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(Header.METADATA);
        for (Map.Entry<String, String> text : metadata.entrySet()) {
          json.writeStringField(encodable(text.getKey()), encodable(text.getValue()));
        }
        json.writeEndObject();
      }
      long begin = 0;
      for (Map.Entry<String, Stored> tensor : tensors.entrySet()) {
        begin = writeEntry(json, tensor.getKey(), tensor.getValue(), begin);
      }
      json.writeEndObject();
    }
    while (bytes.size() % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > Header.MAX_BYTES) {
      throw new IllegalArgumentException(
          "the names and metadata take %d bytes; a header has at most %d"
              .formatted(bytes.size(), Header.MAX_BYTES));
    }
    return bytes.toByteArray();
  }

  private static long writeEntry(JsonGenerator json, String name, Stored tensor, long begin)
      throws IOException {
    if (name.equals(Header.METADATA)) {
      throw new IllegalArgumentException("no tensor may be named " + Header.METADATA);
    }
    long end = begin + (long) tensor.size() * tensor.encoding().bytes();
    json.writeObjectFieldStart(encodable(name));
    json.writeStringField("dtype", tensor.encoding().name());
    json.writeArrayFieldStart("shape");
    for (long dim : tensor.shape()) {
      json.writeNumber(dim);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("data_offsets");
    json.writeNumber(begin);
    json.writeNumber(end);
    json.writeEndArray();
    json.writeEndObject();
    return end;
  }

  private static String encodable(String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException("the name or text '" + text + "' is not valid Unicode");
    }
    return text;
  }

  private static void write(Stored tensor, FileChannel channel) throws IOException {
    Encoding encoding = tensor.encoding();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    int size = tensor.size();
    int perChunk = CHUNK / encoding.bytes();
    for (int done = 0; done < size; done += perChunk) {
      int count = Math.min(perChunk, size - done);
      chunk.clear().limit(count * encoding.bytes());
      encoding.put(tensor.values(), done, count, chunk);
      drain(chunk, channel);
    }
  }

  private static void drain(ByteBuffer buffer, FileChannel channel) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
