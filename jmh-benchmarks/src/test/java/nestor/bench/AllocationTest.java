package nestor.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;
import nestor.train.Mode;
import org.junit.jupiter.api.Test;

/// A compiled step with a donated state allocates the handles of its results and little else.
class AllocationTest {
  private static final long PATIENCE_NANOS = 20_000_000_000L;
  private static final int BOUND = 8192;

  private static long allocated() throws Exception {
    var server = ManagementFactory.getPlatformMBeanServer();
    ObjectName threads = new ObjectName("java.lang:type=Threading");
    return (long) server.getAttribute(threads, "CurrentThreadAllocatedBytes");
  }

  @Test
  void aNestedStepAllocatesLessThanEightKilobytes() throws Exception {
    Step step = NestedStep.at(32, 1).start(Mode.COMPILED);
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + PATIENCE_NANOS; // while code is cold, some is allocated besides
    while (least >= BOUND && System.nanoTime() < end) {
      long start = allocated();
      long asked = allocated() - start; // what the question itself allocates
      long before = allocated();
      step.run();
      least = Math.min(least, allocated() - before - asked);
    }
    System.out.printf("%,7d bytes allocated by a step of nested_step 32/1%n", least);
    assertTrue(least < BOUND, least + " bytes");
  }
}
