package nestor.train.command;

import java.lang.management.ManagementFactory;
import java.util.List;
import jdk.incubator.vector.VectorShape;

/// What this process runs on.
final class Machine {
  private Machine() {}

  /// Whether the JVM was started with the module of the Vector API.
  static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /// The width of a vector that the processor prefers, in bits; 0 without the Vector API.
  static int vectorBits() {
    return hasVectorModule() ? VectorShape.preferredShape().vectorBitSize() : 0;
  }

  /// The JVM's flags.
  static List<String> flags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments();
  }
}
