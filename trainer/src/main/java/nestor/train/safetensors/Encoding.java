package nestor.train.safetensors;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The element types of the format that this library has, by the names that stand in files. All are
/// little-endian.
enum Encoding {
  F64(8) {
    @Override
    Object newArray(int size) {
      return new double[size];
    }

    @Override
    void get(ByteBuffer from, Object into, int offset, int count) {
      from.asDoubleBuffer().get((double[]) into, offset, count);
    }

    @Override
    void put(Object from, int offset, int count, ByteBuffer into) {
      into.asDoubleBuffer().put((double[]) from, offset, count);
    }
  },
  F32(4) {
    @Override
    Object newArray(int size) {
      return new float[size];
    }

    @Override
    void get(ByteBuffer from, Object into, int offset, int count) {
      from.asFloatBuffer().get((float[]) into, offset, count);
    }

    @Override
    void put(Object from, int offset, int count, ByteBuffer into) {
      into.asFloatBuffer().put((float[]) from, offset, count);
    }
  },
  I64(8) {
    @Override
    Object newArray(int size) {
      return new long[size];
    }

    @Override
    void get(ByteBuffer from, Object into, int offset, int count) {
      from.asLongBuffer().get((long[]) into, offset, count);
    }

    @Override
    void put(Object from, int offset, int count, ByteBuffer into) {
      into.asLongBuffer().put((long[]) from, offset, count);
    }
  },
  I32(4) {
    @Override
    Object newArray(int size) {
      return new int[size];
    }

    @Override
    void get(ByteBuffer from, Object into, int offset, int count) {
      from.asIntBuffer().get((int[]) into, offset, count);
    }

    @Override
    void put(Object from, int offset, int count, ByteBuffer into) {
      into.asIntBuffer().put((int[]) from, offset, count);
    }
  },
  BOOL(1) {
    @Override
    Object newArray(int size) {
      return new boolean[size];
    }

    @Override
    void get(ByteBuffer from, Object into, int offset, int count) {
      boolean[] values = (boolean[]) into;
      for (int i = 0; i < count; i++) {
        values[offset + i] = from.get(from.position() + i) != 0; // the reader knows no others
      }
    }

    @Override
    void put(Object from, int offset, int count, ByteBuffer into) {
      boolean[] values = (boolean[]) from;
      for (int i = 0; i < count; i++) {
        into.put(into.position() + i, (byte) (values[offset + i] ? 1 : 0));
      }
    }
  };

  private final int bytes;

  Encoding(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one element.
  int bytes() {
    return bytes;
  }

  /// A new array of this type.
  abstract Object newArray(int size);

  /// Decodes `count` elements from the buffer's position on, which does not move.
  abstract void get(ByteBuffer from, Object into, int offset, int count);

  /// Encodes `count` elements at the buffer's position, which does not move.
  abstract void put(Object from, int offset, int count, ByteBuffer into);

  /// The names, for messages.
  static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
