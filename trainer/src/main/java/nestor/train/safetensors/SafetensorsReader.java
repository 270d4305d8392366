package nestor.train.safetensors;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file open for reading: the header at once, the tensors one by one. Nothing is allocated for a
/// size that the file only claims to have.
final class SafetensorsReader implements Closeable {
  private static final int PREFIX = 8;
  private static final int CHUNK = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final Header header;
  private final ByteBuffer chunk;

  /// Opens a file and checks its header.
  SafetensorsReader(Path file) throws IOException {
    this.file = file;
    channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      header = readHeader();
      int largest = (int) Math.min(CHUNK, channel.size() - header.dataStart());
      chunk = ByteBuffer.allocate(largest).order(ByteOrder.LITTLE_ENDIAN);
      checkTruthValues();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  Header header() {
    return header;
  }

  private Header readHeader() throws IOException {
    long size = channel.size();
    if (size < PREFIX) {
      throw new MalformedFile(
          file, "it has %d bytes, fewer than the header's length takes".formatted(size), "byte 0");
    }
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX).order(ByteOrder.LITTLE_ENDIAN);
    fill(prefix, 0);
    long length = prefix.getLong(0);
    if (length < 0 || length > Header.MAX_BYTES) {
      throw new MalformedFile(
          file,
          "the header claims %s bytes, more than the limit of %d"
              .formatted(Long.toUnsignedString(length), Header.MAX_BYTES),
          "byte 0");
    }
    if (length > size - PREFIX) {
      throw new MalformedFile(
          file,
          "the header claims %d bytes, but the file ends after %d".formatted(length, size - PREFIX),
          "byte 0");
    }
    byte[] json = new byte[(int) length];
    fill(ByteBuffer.wrap(json), PREFIX);
    return HeaderParser.parse(file, json, size - PREFIX - length);
  }

  /// The elements of one of the header's entries, in a new array.
  Object read(Entry entry) throws IOException {
    Encoding encoding = entry.encoding();
    int size = entry.size();
    Object values = encoding.newArray(size);
    long place = header.dataStart() + entry.begin();
    int perChunk = CHUNK / encoding.bytes();
    for (int done = 0; done < size; done += perChunk) {
      int count = Math.min(perChunk, size - done);
      chunk.clear().limit(count * encoding.bytes());
      fill(chunk, place + (long) done * encoding.bytes());
      encoding.get(chunk.flip(), values, done, count);
    }
    return values;
  }

  /// Of all that can be wrong in the tensors' bytes: so that nothing is allocated in vain.
  private void checkTruthValues() throws IOException {
    for (Entry entry : header.entries()) {
      if (entry.encoding() != Encoding.BOOL) {
        continue;
      }
      for (long at = entry.begin(); at < entry.end(); at += chunk.position()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), entry.end() - at));
        fill(chunk, header.dataStart() + at);
        for (int i = 0; i < chunk.limit(); i++) {
          int value = chunk.get(i) & 0xff;
          if (value > 1) {
            throw new MalformedFile(
                file, "a truth value is stored as " + value, "tensor '" + entry.name() + "'");
          }
        }
      }
    }
  }

  private void fill(ByteBuffer buffer, long from) throws IOException {
    long place = from;
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, place);
      if (count < 0) {
        throw new MalformedFile(file, "it ends early", "byte " + place);
      }
      place += count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
