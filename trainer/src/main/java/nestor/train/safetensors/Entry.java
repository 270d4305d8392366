package nestor.train.safetensors;

import java.util.List;

/// What a header says of one tensor.
///
/// @param name the tensor's name
/// @param encoding its element type
/// @param shape the sizes of its axes
/// @param begin where its bytes begin, counted from the end of the header
/// @param end where they end
record Entry(String name, Encoding encoding, List<Long> shape, long begin, long end) {
  /// The number of elements, from a header that was checked.
  int size() {
    return Math.toIntExact((end - begin) / encoding.bytes());
  }
}
