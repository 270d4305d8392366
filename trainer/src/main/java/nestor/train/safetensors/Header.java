package nestor.train.safetensors;

import java.util.List;
import java.util.Map;

/// A header that was checked: the entries, in the order of the header, cover `dataBytes` bytes
/// exactly and none of them twice.
///
/// @param entries the tensors
/// @param metadata the free texts of the file
/// @param dataStart where the tensors' bytes begin in the file
record Header(List<Entry> entries, Map<String, String> metadata, long dataStart) {
  /// The header's limit in the format's own implementation; more is refused unread.
  static final int MAX_BYTES = 100_000_000;

  /// The key of the free texts, which no tensor may have.
  static final String METADATA = "__metadata__";
}
