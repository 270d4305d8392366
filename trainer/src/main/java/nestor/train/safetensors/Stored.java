package nestor.train.safetensors;

import java.util.List;

/// A tensor as it goes to a file.
///
/// @param encoding the element type
/// @param shape the sizes of the axes
/// @param values an array of the element type, in row-major order
record Stored(Encoding encoding, List<Long> shape, Object values) {
  /// The number of elements.
  int size() {
    return java.lang.reflect.Array.getLength(values);
  }
}
