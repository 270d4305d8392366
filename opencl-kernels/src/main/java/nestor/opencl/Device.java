package nestor.opencl;

import java.util.Locale;

/// A device as OpenCL describes it.
///
/// @param platform the platform's name, such as `NVIDIA CUDA`
/// @param name the device's name
/// @param version the version of OpenCL, as in `OpenCL 3.0 CUDA`
/// @param driver the driver's version
/// @param kind what it is
/// @param memory the bytes of its memory
/// @param largestBuffer the most bytes of one buffer
/// @param units how many compute units it has
/// @param groupSize the most work items of a group
/// @param localMemory the bytes of memory that a group shares
/// @param float64 whether it computes in `float64`
/// @param exactDivision whether quotients and roots of `float32` can be correctly rounded
/// @param sharesMemory whether its memory is the host's
public record Device(
    String platform,
    String name,
    String version,
    String driver,
    Kind kind,
    long memory,
    long largestBuffer,
    int units,
    int groupSize,
    long localMemory,
    boolean float64,
    boolean exactDivision,
    boolean sharesMemory) {
  /// What a device is.
  public enum Kind {
    /// A processor, which works best on vectors in few work items.
    CPU,
    /// A graphics processor or the like, which works best on very many work items.
    GPU
  }

  /// As in `NVIDIA H100 (GPU, NVIDIA CUDA, OpenCL 3.0 CUDA, driver 550.54)`.
  @Override
  public String toString() {
    return "%s (%s, %s, %s, driver %s)".formatted(name, kind, platform, version, driver);
  }

  /// What it can do, as in `132 units, 79.1 GB, float64`.
  public String abilities() {
    return "%d units, %s, %s"
        .formatted(units, size(memory), float64 ? "float64" : "no float64, only float32");
  }

  /// A number of bytes as text.
  static String size(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " bytes";
    }
    if (bytes < 1 << 20) {
      return String.format(Locale.ROOT, "%.1f KB", bytes / 0x1p10);
    }
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 0x1p20)
        : String.format(Locale.ROOT, "%.1f GB", bytes / 0x1p30);
  }
}
