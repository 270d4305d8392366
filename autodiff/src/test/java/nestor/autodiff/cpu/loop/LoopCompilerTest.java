package nestor.autodiff.cpu.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import nestor.autodiff.Binary;
import nestor.autodiff.DType;
import nestor.autodiff.Reduce;
import nestor.autodiff.Unary;
import nestor.autodiff.cpu.loop.VectorColumns.Tail;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.LoopArguments;
import nestor.autodiff.plan.loop.Fusible;
import nestor.autodiff.plan.loop.LoopGraph;
import nestor.autodiff.plan.loop.Schedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoopCompilerTest {
  private static final int[] ROWS = {0, 1, 3, 17};
  private static final int[] COLUMNS = {0, 1, 7, 15, 16, 17, 31, 32, 33, 64, 100};
  private static final int[] SUMMED = {7, 15, 16, 17, 8176, 8191, 8192};
  private static final int[] WIDTHS = {512, 256, 128};
  private static final int LOOPS = 90;

  @ParameterizedTest
  @EnumSource(RandomLoops.Shape.class)
  void blocksHaveTheBitsOfTheDefinition(RandomLoops.Shape shape) {
    for (int seed = 0; seed < 3 * LOOPS; seed++) {
      check(shape, seed, 0);
    }
  }

  @ParameterizedTest
  @EnumSource(RandomLoops.Shape.class)
  void vectorCodeHasTheBitsOfTheDefinitionAtEveryWidth(RandomLoops.Shape shape) {
    for (int seed = 0; seed < LOOPS; seed++) {
      check(shape, seed, WIDTHS[seed % WIDTHS.length]);
    }
  }

  private static void check(RandomLoops.Shape shape, int seed, int width) {
    SplittableRandom random = new SplittableRandom(seed);
    DType dtype = random.nextBoolean() ? DType.FLOAT32 : DType.FLOAT64;
    Loop loop = RandomLoops.draw(random, dtype, shape);
    int rows = ROWS[random.nextInt(ROWS.length)];
    int columns = COLUMNS[random.nextInt(COLUMNS.length)];
    int group = 1;
    if (shape == RandomLoops.Shape.COLUMNS || shape == RandomLoops.Shape.AREAS) {
      group = 1 + random.nextInt(4);
      rows = group * random.nextInt(5);
      columns = Math.max(1, columns);
    }
    if (shape == RandomLoops.Shape.AREAS) {
      columns = 16 * (1 + random.nextInt(4));
    }
    check(RandomRun.draw(random, loop, rows, columns, group), width, "seed " + seed);
  }

  /// In several ranges against the definition at once.
  private static void check(RandomRun run, int width, String message) {
    RandomRun expected = run.copy();
    RandomRun found = run.copy();
    LoopArguments a = run.arguments();
    new LoopInterpreter(run.loop(), a, run.arrays(), expected.arrays(), run.offsets())
        .run(0, a.rows(), 0, a.columns());
    int cut = a.rows() / a.group() / 2 * a.group();
    int columnCut = run.loop().foldsRows() ? 0 : a.columns() / 3;
    found.with(kernel(run, width, a.columns()), 0, cut, 0, a.columns());
    int rest = a.columns() - columnCut;
    found.with(kernel(run, width, rest), cut, a.rows(), columnCut, a.columns());
    if (columnCut > 0) {
      found.with(kernel(run, width, columnCut), cut, a.rows(), 0, columnCut);
    }
    assertArrayEquals(expected.bits(), found.bits(), () -> message + " " + run.loop());
  }

  private static Kernel kernel(RandomRun run, int width, int columns) {
    if (width == 0) {
      return BlockKernel.of(run.loop());
    }
    Tail tail = columns % VectorColumns.step(run.loop(), width) == 0 ? Tail.WHOLE : Tail.RAGGED;
    return Translation.vector(Schedule.of(run.loop()), run.rows(), tail, width).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128, 256, 512})
  void rowsAreSummedInLanes(int width) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      Loop loop =
          new Loop(
              dtype,
              List.of(new Loop.Operand(dtype, Extent.ELEMENT)),
              List.of(
                  new Loop.Load(0),
                  new Loop.Fold(Reduce.Kind.SUM, 0),
                  new Loop.Fold(Reduce.Kind.MAX, 0),
                  new Loop.Dot(0, 0)),
              List.of(
                  new Loop.Store(1, Extent.ROW),
                  new Loop.Store(2, Extent.ROW),
                  new Loop.Store(3, Extent.ROW)));
      for (int columns : SUMMED) {
        SplittableRandom random = new SplittableRandom(columns);
        check(RandomRun.draw(random, loop, 2, columns, 1), width, columns + " columns");
      }
    }
  }

  /// Blocks are replaced in the middle of this, and nobody can tell.
  @Test
  void vectorCodeTakesOverUnnoticed() {
    Loop loop = softmaxOfSquares();
    SplittableRandom random = new SplittableRandom(3);
    RandomRun run = RandomRun.draw(random, loop, 16, 64, 1);
    LoopArguments a = run.arguments();
    RandomRun expected = run.copy();
    new LoopInterpreter(loop, a, run.arrays(), expected.arrays(), run.offsets()).run(0, 16, 0, 64);
    long[] bits = expected.bits();
    LoopCode code = new LoopCompiler().compile(loop);
    long end = System.nanoTime() + 1_500_000_000L;
    int checks = 0;
    while ((!code.isVector() && System.nanoTime() < end) || checks < 100) {
      RandomRun found = run.copy();
      code.run(found.arrays(), found.offsets(), a, 0, 16, 0, 64);
      assertArrayEquals(bits, found.bits());
      checks++;
    }
  }

  private static Loop softmaxOfSquares() {
    return new Loop(
        DType.FLOAT32,
        List.of(new Loop.Operand(DType.FLOAT32, Extent.ELEMENT)),
        List.of(
            new Loop.Load(0),
            new Loop.Fold(Reduce.Kind.MAX, 0),
            new Loop.Apply(Binary.SUB, List.of(0, 1)),
            new Loop.Apply(Unary.SQUARE, List.of(2)),
            new Loop.Fold(Reduce.Kind.SUM, 3),
            new Loop.Apply(Binary.DIV, List.of(3, 4))),
        List.of(new Loop.Store(5, Extent.ELEMENT)));
  }

  @Test
  void equalLoopsShareTheirCode() {
    LoopCompiler compiler = new LoopCompiler();
    assertSame(compiler.compile(softmaxOfSquares()), compiler.compile(softmaxOfSquares()));
  }

  @Test
  void whatFloat64NeedsPolynomialsForIsNotFused() {
    assertTrue(Fusible.is(DType.FLOAT64, Unary.SQRT));
    assertFalse(Fusible.is(DType.FLOAT64, Unary.EXP));
    assertFalse(Fusible.is(DType.FLOAT32, Binary.POW));
  }

  @Test
  void sizesAddUp() {
    assertEquals(1, LoopGraph.size(DType.FLOAT32, Binary.ADD));
    assertTrue(LoopGraph.size(DType.FLOAT32, Unary.RELU) > 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--add-modules=jdk.incubator.vector -XX:UseAVX=2",
        "--add-modules=jdk.incubator.vector -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
      })
  void otherMachinesComputeTheSameBits(String flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!flags.isEmpty()) {
      command.addAll(List.of(flags.split(" ")));
    }
    command.addAll(List.of("-cp", classPath(), LoopBits.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    process.waitFor();
    assertEquals("bits " + LoopBits.hash(), output);
  }

  private static String classPath() {
    return String.join(
        File.pathSeparator,
        Stream.of(LoopBits.class, LoopCompiler.class)
            .map(LoopCompilerTest::place)
            .distinct()
            .toList());
  }

  private static String place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
