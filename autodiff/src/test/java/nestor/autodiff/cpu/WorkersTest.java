package nestor.autodiff.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class WorkersTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyPartRunsOnce(int threads) {
    try (var workers = Workers.of(threads)) {
      for (int parts : new int[] {0, 1, 2, 3, 7, 1000}) {
        for (int round = 0; round < 200; round++) {
          var runs = new AtomicIntegerArray(parts);
          workers.run(parts, runs::incrementAndGet);
          for (int part = 0; part < parts; part++) {
            assertEquals(1, runs.get(part));
          }
        }
      }
    }
  }

  @Test
  void plainWritesOfAllPartsAreSeenByTheCaller() {
    try (var workers = Workers.of(2)) {
      var values = new long[64];
      for (long round = 1; round <= 3000; round++) {
        long written = round;
        workers.run(values.length, part -> values[part] = written);
        assertEquals(written * values.length, Arrays.stream(values).sum());
      }
    }
  }

  @Test
  void aHelperTakesPart() {
    try (var workers = Workers.of(2)) {
      var both = new CountDownLatch(2);
      workers.run(
          2,
          part -> {
            both.countDown();
            awaitOrFail(both);
          });
      assertEquals(0, both.getCount());
    }
  }

  @Test
  void aParkedHelperWakes() throws InterruptedException {
    try (var workers = Workers.of(2)) {
      for (int round = 0; round < 3; round++) {
        var both = new CountDownLatch(2);
        workers.run(
            2,
            part -> {
              both.countDown();
              awaitOrFail(both);
            });
        Thread.sleep(30);
      }
    }
  }

  @Test
  void theLowestFailureIsRethrownAfterAllPartsHaveEnded() {
    try (var workers = Workers.of(3)) {
      var low = new IllegalStateException("low");
      var ended = new AtomicInteger();
      for (int round = 0; round < 50; round++) {
        ended.set(0);
        var thrown =
            assertThrows(
                IllegalStateException.class,
                () ->
                    workers.run(
                        9,
                        part -> {
                          ended.incrementAndGet();
                          if (part == 4) {
                            throw low;
                          }
                          if (part > 4) {
                            throw new AssertionError("high");
                          }
                        }));
        assertSame(low, thrown);
        assertEquals(9, ended.get());
      }
      workers.run(9, part -> ended.incrementAndGet());
      assertEquals(18, ended.get());
    }
  }

  @Test
  void partsMayRunParts() {
    try (var workers = Workers.of(2)) {
      var runs = new AtomicInteger();
      workers.run(4, outer -> workers.run(5, inner -> runs.incrementAndGet()));
      assertEquals(20, runs.get());
    }
  }

  @Test
  void callersMayShareAPool() throws InterruptedException {
    try (var workers = Workers.of(2)) {
      var runs = new AtomicInteger();
      var callers = new Thread[4];
      for (int i = 0; i < callers.length; i++) {
        callers[i] =
            Thread.ofPlatform()
                .start(() -> {
                  for (int round = 0; round < 500; round++) {
                    workers.run(3, part -> runs.incrementAndGet());
                  }
                });
      }
      for (var caller : callers) {
        caller.join();
      }
      assertEquals(callers.length * 500 * 3, runs.get());
    }
  }

  @Test
  void anInterruptedCallerStaysInterrupted() {
    try (var workers = Workers.of(2)) {
      Thread.currentThread().interrupt();
      var runs = new AtomicInteger();
      workers.run(
          8,
          part -> {
            long until = System.nanoTime() + 1_000_000;
            while (System.nanoTime() < until) {
              Thread.onSpinWait();
            }
            runs.incrementAndGet();
          });
      assertTrue(Thread.interrupted());
      assertEquals(8, runs.get());
    }
  }

  @Test
  void helpersAreDaemonsAndEndWithTheirPool() throws InterruptedException {
    var workers = Workers.of(2);
    var helper = new Thread[1];
    var caller = Thread.currentThread();
    var both = new CountDownLatch(2);
    workers.run(
        2,
        part -> {
          if (Thread.currentThread() != caller) {
            helper[0] = Thread.currentThread();
          }
          both.countDown();
          awaitOrFail(both);
        });
    assertTrue(helper[0].isDaemon());
    workers.close();
    helper[0].join(10_000);
    assertTrue(!helper[0].isAlive());
    var runs = new AtomicInteger();
    workers.run(3, part -> runs.incrementAndGet());
    assertEquals(3, runs.get());
  }

  @Test
  void aPoolNeedsAThread() {
    assertThrows(IllegalArgumentException.class, () -> Workers.of(0));
  }

  private static void awaitOrFail(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
