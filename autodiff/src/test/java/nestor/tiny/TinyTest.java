package nestor.tiny;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nestor.autodiff.DifferentiableOp;
import nestor.autodiff.Op;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import org.junit.jupiter.api.Test;

/// Holds Tiny to the real core, and this module's README to both.
class TinyTest {
  private static final double[] POINTS = {-1.3, -0.2, 0.1, 0.7, 2.4};

  private static void same(Tiny.Tensor tiny, Tensor real) {
    assertArrayEquals(real.toDoubles(), ((Tiny.Value) tiny).data(), 1e-12);
  }

  @Test
  void tinyRuns() {
    Tiny.main();
  }

  @Test
  void derivativesOfOrdersOneToThreeAreThoseOfTheCore() {
    for (double point : POINTS) {
      Tiny.Tensor x = Tiny.scalar(point);
      Tensor y = Tensor.scalar(point);
      same(Tiny.grad(TinyTest::f, x), grad(TinyTest::f, y));
      same(Tiny.grad(a -> Tiny.grad(TinyTest::f, a), x), grad(a -> grad(TinyTest::f, a), y));
      same(
          Tiny.grad(a -> Tiny.grad(b -> Tiny.grad(TinyTest::f, b), a), x),
          grad(a -> grad(b -> grad(TinyTest::f, b), a), y));
    }
  }

  private static Tiny.Tensor f(Tiny.Tensor x) {
    return x.sin().times(x.times(x).exp().times(0.3)).plus(x.relu().times(x).cos());
  }

  private static Tensor f(Tensor x) {
    return x.sin().times(x.times(x).exp().times(0.3)).plus(x.relu().times(x).cos());
  }

  @Test
  void mappedGradientsAreThoseOfTheCore() {
    Tiny.Tensor x = Tiny.of(POINTS);
    Tensor y = Tensor.of(POINTS);
    same(Tiny.vmap(in -> Tiny.grad(TinyTest::f, in[0]), x), vmap(in -> grad(TinyTest::f, in), y));
    same(
        Tiny.grad(all -> Tiny.vmap(in -> Tiny.grad(TinyTest::f, in[0]), all).sum(), x),
        grad(all -> vmap(in -> grad(TinyTest::f, in), all).sum(), y));
    same( // every pair: a map inside a map
        Tiny.vmap(in -> Tiny.vmap(to -> in[0].times(to[0]).sin(), x), x),
        vmap(in -> vmap(to -> in.times(to).sin(), y), y));
  }

  @Test
  void gradientsThroughAStepOfDescentAreThoseOfTheCore() {
    for (double point : POINTS) {
      Tiny.Tensor x = Tiny.scalar(point);
      Tensor y = Tensor.scalar(point);
      same(
          Tiny.grad(rate -> Tiny.tuned(rate, x), Tiny.scalar(0.1)),
          grad(rate -> tuned(rate, y), Tensor.scalar(0.1)));
      same(
          Tiny.grad(start -> Tiny.tuned(Tiny.scalar(0.1), start), x),
          grad(start -> tuned(Tensor.scalar(0.1), start), y));
    }
  }

  private static Tensor tuned(Tensor rate, Tensor x) {
    return bowl(x.minus(rate.times(grad(TinyTest::bowl, x))));
  }

  private static Tensor bowl(Tensor x) {
    return x.sin().times(x);
  }

  @Test
  void checkpointsInsideEverythingAreThoseOfTheCore() {
    Tiny.Tensor x = Tiny.of(POINTS);
    Tensor y = Tensor.of(POINTS);
    Tiny.Tensor a = Tiny.scalar(0.8);
    Tensor b = Tensor.scalar(0.8);
    same(
        Tiny.grad(s -> Tiny.vmap(in -> Tiny.wave(s, in[0]), x).sum(), a),
        grad(s -> vmap(in -> wave(s, in), y).sum(), b));
    same(
        Tiny.vmap(in -> Tiny.grad(p -> Tiny.grad(q -> Tiny.wave(a, q), p), in[0]), x),
        vmap(in -> grad(p -> grad(q -> wave(b, q), p), in), y));
    same(
        Tiny.grad(p -> Tiny.checkpoint(in -> Tiny.grad(q -> Tiny.wave(in[0], q), in[0]), p), a),
        grad(p -> checkpoint(in -> grad(q -> wave(in, q), in), p), b));
  }

  private static Tensor wave(Tensor a, Tensor x) {
    return checkpoint(in -> a.times(in).sin(), x);
  }

  @Test
  void bothRefuseTheSameMistakes() {
    Tiny.Tensor one = Tiny.scalar(1);
    assertThrows(IllegalStateException.class, () -> Tiny.grad(x -> one, one));
    assertThrows(TensorException.class, () -> grad(x -> Tensor.scalar(1), Tensor.scalar(1)));
    assertThrows(IllegalArgumentException.class, () -> one.plus(Tiny.of(1, 2)));
    assertThrows(TensorException.class, () -> Tensor.of(1.0, 2.0, 3.0).plus(Tensor.of(1.0, 2.0)));
  }

  // ---------------------------------------------------------------- the README

  record Line(Tensor slope, Tensor offset) {
    Tensor at(Tensor x) {
      return x.times(slope).plus(offset).tanh();
    }
  }

  @Test
  void theExampleOfTheReadmeHolds() {
    var line = new Line(Tensor.scalar(0.5), Tensor.scalar(0.1));
    var xs = Tensor.of(-1.0, 0.0, 2.0);

    Line slopes = grad(l -> l.at(xs).square().sum(), line);
    Tensor each = vmap(x -> grad(line::at, x), xs);
    Tensor bend = vmap(x -> grad(y -> grad(line::at, y), x), xs);

    double[] t = Arrays.stream(xs.toDoubles()).map(x -> Math.tanh(0.5 * x + 0.1)).toArray();
    double offset = Arrays.stream(t).map(y -> 2 * y * (1 - y * y)).sum();
    assertEquals(offset, slopes.offset().item(), 1e-12);
    for (int i = 0; i < t.length; i++) {
      assertEquals(0.5 * (1 - t[i] * t[i]), each.get(i).item(), 1e-12);
      assertEquals(-0.5 * t[i] * (1 - t[i] * t[i]), bend.get(i).item(), 1e-12);
    }
  }

  /// An excerpt is a block that opens with "java" and the file's name; a line "…" leaves code out.
  @Test
  void everyExcerptOfTheReadmeStandsInItsFile() throws IOException {
    Path module = module();
    List<MatchResult> blocks = find("(?ms)^```java (\\S+\\.java)$\\n(.*?)^```$", readme());
    for (MatchResult block : blocks) {
      String source = collapsed(Files.readString(file(module, block.group(1))));
      for (String part : block.group(2).split("(?m)^\\s*…$")) {
        assertTrue(
            source.contains(collapsed(part)), () -> block.group(1) + " has no lines\n" + part);
      }
    }
    int all = find("(?m)^```java", readme()).size();
    assertEquals(all - 1, blocks.size(), "all but the script name their file");
  }

  @Test
  void theScriptOfTheReadmeIsTheOneTestedHere() throws IOException {
    String source = collapsed(Files.readString(file(module(), "TinyTest.java")));
    List<MatchResult> scripts = find("(?ms)^```java script$\\n(.*?)^```$", readme());
    assertEquals(1, scripts.size());
    String shown = "(?m)^(import|void main|\\s+IO\\.println).*$";
    for (String line : scripts.getFirst().group(1).replaceAll(shown, "").split("\\n")) {
      assertTrue(source.contains(collapsed(line)), line);
    }
  }

  private static Path file(Path module, String name) throws IOException {
    try (Stream<Path> files = Files.walk(module.resolve("src"))) {
      List<Path> found = files.filter(path -> path.endsWith(name)).toList();
      assertEquals(1, found.size(), name);
      return found.getFirst();
    }
  }

  private static String collapsed(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  /// A primitive's row: its class, an enum's constants or a record's attributes, whether it has a
  /// vector-Jacobian product.
  @Test
  void theTableOfTheReadmeHasEveryPrimitive() throws IOException {
    Set<String> rows =
        find("(?m)^\\| `(\\w+)` \\| ([^|]*)\\| (yes|no) \\|", readme()).stream()
            .map(row -> row.group(1) + " " + names(row.group(2)) + " " + row.group(3))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(
        String.join("\n", primitives(Op.class).collect(Collectors.toCollection(TreeSet::new))),
        String.join("\n", rows));
  }

  private static Stream<String> primitives(Class<?> type) {
    if (type.isInterface()) {
      return Arrays.stream(type.getPermittedSubclasses()).flatMap(TinyTest::primitives);
    }
    List<String> parts =
        type.isEnum()
            ? Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                .toList()
            : Arrays.stream(type.getRecordComponents()).map(part -> part.getName()).toList();
    String vjp = DifferentiableOp.class.isAssignableFrom(type) ? "yes" : "no";
    return Stream.of(type.getSimpleName() + " " + parts + " " + vjp);
  }

  private static List<String> names(String cell) {
    return find("`(\\w+)`", cell).stream().map(name -> name.group(1)).toList();
  }

  private static List<MatchResult> find(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().toList();
  }

  private static String readme() throws IOException {
    return Files.readString(module().resolve("README.md"));
  }

  /// This module's folder, whether the tests run in it or in the repository's root.
  private static Path module() {
    Path inside = Path.of("src/test/java/nestor/tiny");
    return Files.exists(inside) ? Path.of("") : Path.of("autodiff");
  }
}
