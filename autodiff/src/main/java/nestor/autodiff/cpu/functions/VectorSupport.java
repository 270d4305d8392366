package nestor.autodiff.cpu.functions;

/// Whether the Vector API may be used. Classes whose names start with `Vector` import
/// `jdk.incubator.vector`; the others refer to them only behind [#AVAILABLE], so that a JVM without
/// the module never loads them.
public final class VectorSupport {
  /// True if module `jdk.incubator.vector` is in the boot layer, on module path or class path
  /// alike.
  public static final boolean AVAILABLE = detect();

  private VectorSupport() {}

  private static boolean detect() {
    boolean present = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    if (!present) {
      System.err.println(
          "nestor: module jdk.incubator.vector is not enabled; the cpu backend runs scalar kernels"
              + " (same results, slower). Add --add-modules jdk.incubator.vector.");
    }
    return present;
  }
}
