package nestor.opencl.source;

/// One kernel in OpenCL C.
///
/// @param name the kernel's name, which no kernel with another text has
/// @param text its code; what all kernels share comes before, see [Prelude]
public record Source(String name, String text) {
  /// The name that is put where a text says `KERNEL`, with a hash of the text behind it.
  public static Source named(String label, String text) {
    long hash = 0xcbf29ce484222325L; // FNV-1a
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    String name = label + "_" + Long.toHexString(hash);
    return new Source(name, text.replace("KERNEL", name));
  }
}
