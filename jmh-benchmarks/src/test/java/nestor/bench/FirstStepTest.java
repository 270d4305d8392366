package nestor.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import nestor.train.Mode;
import org.junit.jupiter.api.Test;

/// How soon a new step has run. Alone in its JVM, it includes loading Nestor's classes.
class FirstStepTest {
  private static final double SECONDS = 10; // fifteen times what it takes where nothing else runs

  @Test
  void aNestedStepIsTracedCompiledAndRun() {
    long start = System.nanoTime();
    Step step = NestedStep.at(32, 1).start(Mode.COMPILED);
    step.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%7.2f s until the first step of nested_step 32/1 is done%n", seconds);
    assertTrue(seconds < SECONDS, seconds + " s");
  }
}
