package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Mistakes in the use of transformations, backends and Java arrays are named with the caller's
/// line.
class MisuseTest {
  private static final Tally TALLY = new Tally("misused transformations, backends and arrays");
  private static final Tensor M = Tensor.ones(DType.FLOAT64, 2, 3);
  private static final Tensor V = Tensor.of(1., 2.);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private final List<String> failures = new ArrayList<>();

  private void refuses(Executable mistake, String... words) {
    try {
      TALLY.fails(mistake, words);
    } catch (AssertionError e) {
      failures.add(String.join(", ", words) + ": " + e.getMessage());
    }
  }

  private void none() {
    assertEquals("", String.join("\n", failures));
  }

  record Parameters(Tensor w, Tensor unused) {}

  @Test
  void gradients() {
    refuses(() -> grad((Tensor x) -> x.times(2), V), "grad", "float64[2]", "sum or mean");
    refuses(() -> grad((Tensor x) -> x.argmax(0), V), "grad", "int64[]");
    refuses(() -> grad((Tensor x) -> x.sum().greater(0), V), "grad", "bool[]");
    refuses(() -> grad((Tensor x) -> null, V), "grad");
    refuses(() -> grad((Tensor x) -> V.sum(), V), "grad", "does not depend");
    refuses(() -> grad((Tensor x) -> x.round().sum(), V), "grad", "does not depend");
    refuses(() -> grad((Tensor x) -> x.stopGradient().sum(), V), "grad", "does not depend");
    refuses(
        () -> grad((Tensor x) -> x.cast(DType.INT64).cast(DType.FLOAT64).sum(), V),
        "grad",
        "does not depend");
    refuses(
        () -> grad((Tensor x) -> x.sum().cast(DType.FLOAT64), Tensor.of(1L)), "grad", "int64[1]");
    Parameters p = new Parameters(V, V);
    refuses(() -> grad(q -> q.w().sum(), p), "grad", "'unused'", "Frozen");
    refuses(() -> grad(q -> checkpoint((Parameters r) -> r.w().sum(), q), p), "grad", "'unused'");
    refuses(() -> vmap((Parameters r) -> grad(q -> q.w(), r), p), "grad", "'unused'");
    refuses(
        () -> grad(q -> q.w().sum(), new Parameters(V, Tensor.of(1L))),
        "grad",
        "'unused'",
        "int64[1]");
    refuses(() -> vjp((Tensor x) -> x, Tensor.of(1L)), "vjp", "int64[1]");
    refuses(() -> jvp((Tensor x) -> x, Tensor.of(1L), Tensor.of(1L)), "jvp", "int64[1]");
    refuses(
        () -> vjp((Tensor x) -> x.sum(), V).pullback().apply(V), "vjp", "float64[]", "float64[2]");
    refuses(() -> jvp((Tensor x) -> x.sum(), V, M), "jvp", "float64[2]", "float64[2, 3]");
    refuses(
        () -> jvp((Parameters q) -> q.w(), p, new Parameters(V, M)), "jvp", "'unused'", "[2, 3]");
    refuses(() -> jvp((Tensor x) -> x.sum(), V, V.cast(DType.FLOAT32)), "jvp", "float32[2]");
    refuses(() -> hvp((Tensor x) -> x.sum(), V, M), "hvp", "float64[2]", "float64[2, 3]");
    refuses(() -> hvp((Tensor x) -> x, V, V), "hvp", "float64[2]");
    none();
  }

  @Test
  void maps() {
    refuses(() -> vmap((Tensor x) -> x, Tensor.scalar(1)), "vmap", "single number");
    refuses(
        () -> vmap((Parameters q) -> q.w(), new Parameters(V, Tensor.scalar(1))),
        "vmap",
        "'unused'");
    refuses(
        () -> vmap((Parameters q) -> q.w(), new Parameters(V, M.transpose())),
        "vmap",
        "2",
        "3",
        "'w'",
        "'unused'");
    refuses(() -> vmap((Tensor a, Tensor b) -> a, V, M.transpose()), "vmap", "2", "3");
    refuses(() -> vmap((List<Tensor> a) -> V, List.<Tensor>of()), "vmap", "no tensor");
    refuses(() -> vmap((Tensor row) -> row.plus(V), M), "add", "float64[3]", "float64[2]");
    refuses(() -> vmap((Tensor row) -> row.sum(1), M), "sum", "float64[3]", "axis 1");
    refuses(() -> vmap((Tensor row) -> row.reshape(2), M), "reshape", "float64[3]", "[2]");
    refuses(() -> vmap((Tensor row) -> row.take(Tensor.of(7L), 0), M), "gather", "index 7");
    refuses(
        () -> vmap((Tensor row) -> V.take(row.cast(DType.INT64).plus(7), 0), M),
        "gather",
        "index 8");
    refuses(() -> vmap((Tensor row) -> null, M), "null");
    none();
  }

  @Test
  void readingWhatHasNoValue() {
    Function<Tensor, Tensor> branch = x -> x.sum().item() > 0 ? x : x.neg();
    refuses(() -> vmap(branch, M), "item", "float64[]", "2 examples", "vmap");
    refuses(() -> checkpoint(branch, M), "item", "float64[]", "checkpoint");
    refuses(() -> grad((Tensor x) -> checkpoint(branch, x).sum(), M), "item", "checkpoint");
    refuses(
        () -> scan((Tensor x) -> new Step<>(branch.apply(x), x), M, 2),
        "item",
        "float64[]",
        "scan");
    refuses(() -> cond(M.sum().greater(0), branch, branch, M), "item", "float64[]", "cond");
    refuses(() -> grad((Tensor x) -> vmap(branch, x).sum(), M), "item", "vmap");
    refuses(
        () -> vmap((Tensor r) -> grad((Tensor x) -> branch.apply(x).sum(), r), M), "item", "vmap");
    refuses(
        () -> checkpoint((Tensor x) -> grad((Tensor y) -> branch.apply(y).sum(), x), M),
        "item",
        "checkpoint");
    refuses(
        () -> vmap((Tensor x) -> Tensor.fromArray(x.toArray()), M),
        "toArray",
        "float64[3]",
        "vmap");
    refuses(() -> vmap((Tensor x) -> Tensor.of(x.toBooleans()), M), "toBooleans", "float64[3]");
    refuses(() -> vmap((Tensor x) -> x.on(Backend.named("cpu")), M), "on", "float64[3]");
    refuses(() -> grad((Tensor x) -> x.on(Backend.named("cpu")).sum(), M), "on", "float64[2, 3]");
    refuses(() -> M.item(), "item", "float64[2, 3]");
    refuses(() -> Tensor.scalar(1).toArray(), "toArray", "float64[]");
    TALLY.near(0, M.onesLike(), grad((Tensor x) -> branch.apply(x).sum(), M));
    TALLY.near(0, M.onesLike().neg(), grad((Tensor x) -> branch.apply(x).sum(), M.neg()));
    none();
  }

  record State(Tensor count, List<Tensor> w) {}

  @Test
  void loops() {
    State at = new State(Tensor.scalar(DType.INT64, 0), List.of(V));
    refuses(
        () -> scan((State s) -> new Step<>(new State(s.count(), List.of(M)), V), at, 2),
        "scan",
        "'w.0'",
        "float64[2]",
        "float64[2, 3]");
    refuses(
        () -> scan((State s) -> new Step<>(new State(V, s.w()), V), at, 2),
        "'count'",
        "int64[]",
        "float64[2]");
    refuses(
        () -> scan((State s) -> new Step<>(new State(s.count(), List.of()), V), at, 2),
        "'carry.w'",
        "list of 1",
        "list of 0");
    refuses(() -> scan((Tensor h) -> new Step<>(h.sum(), h), V, 2), "scan", "float64[2]", "[]");
    refuses(() -> scan((Tensor h) -> null, V, 2), "scan", "null", "Step");
    refuses(() -> scan((Tensor h) -> new Step<>(h, h), V, -1), "scan", "-1");
    refuses(
        () -> scan((Tensor h, Tensor x) -> new Step<>(h, x), V, Tensor.scalar(1)),
        "scan",
        "single number");
    refuses(
        () -> scan((Tensor h, List<Tensor> x) -> new Step<>(h, x), V, List.of(V, M.transpose())),
        "scan",
        "'0'",
        "'1'",
        "2",
        "3");
    refuses(
        () -> scan((Tensor h, List<Tensor> x) -> new Step<>(h, x), V, List.<Tensor>of()),
        "scan",
        "no tensor");
    refuses(() -> scan((Tensor h, Tensor x) -> new Step<>(h.plus(x), x), V, M), "add", "[3]");
    refuses(
        () -> grad((Tensor x) -> scan((Tensor h) -> new Step<>(h.matmul(h), h), x, 2).carry(), M),
        "matmul",
        "float64[2, 3]");
    none();
  }

  @Test
  void choices() {
    Tensor yes = Tensor.scalar(DType.BOOL, 1);
    refuses(() -> cond(V.greater(0), (Tensor x) -> x, x -> x, V), "cond", "bool[2]");
    refuses(() -> cond(V.sum(), (Tensor x) -> x, x -> x, V), "cond", "float64[]");
    refuses(() -> cond(yes, (Tensor x) -> x, x -> x.sum(), V), "cond", "float64[2]", "float64[]");
    refuses(
        () -> cond(yes, x -> new Parameters(x, x), x -> new Parameters(x, M), V),
        "cond",
        "'unused'",
        "float64[2, 3]");
    refuses(
        () -> cond(yes, (Tensor x) -> List.of(x), x -> List.of(x, x), V),
        "structure",
        "list of 1",
        "list of 2");
    refuses(() -> cond(yes, (Tensor x) -> x, x -> x.matmul(M.matmul(M)), V), "matmul", "3 and 2");
    none();
  }

  @Test
  void customDerivatives() {
    refuses(
        () -> grad((Tensor x) -> customVjp((Tensor y) -> y.sum(), (y, r, g) -> g, x), V),
        "customVjp",
        "float64[]",
        "float64[2]");
    refuses(
        () -> grad((Tensor x) -> customVjp((Tensor y) -> y.sum(), (y, r, g) -> null, x), V),
        "null");
    refuses(
        () ->
            grad(
                (Tensor x) ->
                    customVjp((Tensor y) -> y.argmax(0), (y, r, g) -> y, x).cast(DType.FLOAT64),
                V),
        "grad",
        "does not depend");
    refuses(
        () ->
            grad(
                (Tensor x) ->
                    customVjp(
                        (List<Tensor> y) -> y.get(0).sum(), (y, r, g) -> List.of(), List.of(x)),
                V),
        "list of 1",
        "list of 0");
    refuses(
        () ->
            vmap(
                (Tensor r) ->
                    grad((Tensor x) -> customVjp((Tensor y) -> y.sum(), (y, z, g) -> g, x), r),
                M),
        "customVjp",
        "float64[3]");
    none();
  }

  @Test
  void javaNumbersAndArrays() {
    refuses(() -> Tensor.of(Shape.of(2, 2), 1., 2., 3.), "of", "[2, 2]", "3");
    refuses(() -> Tensor.fromArray(new double[][] {{1, 2}, {3}}), "fromArray", "2 and 1");
    refuses(() -> Tensor.fromArray(new double[][] {{}, {1}}), "fromArray", "0 and 1");
    refuses(() -> Tensor.fromArray(new double[][] {{1, 2}, null}), "fromArray", "null");
    refuses(() -> Tensor.fromArray(new double[][] {null, {1, 2}}), "fromArray", "null");
    refuses(() -> Tensor.fromArray(null), "fromArray", "null");
    refuses(() -> Tensor.fromArray("text"), "fromArray", "String");
    refuses(() -> Tensor.fromArray(new Double[] {1., 2.}), "fromArray", "Double[]");
    refuses(() -> Tensor.zeros(DType.FLOAT64, 2, -1), "-1");
    refuses(() -> Tensor.zeros(DType.FLOAT64, 1 << 16, 1 << 16), "65536");
    refuses(() -> Tensor.arange(DType.INT64, -1), "arange", "-1");
    refuses(() -> Tensor.eye(DType.FLOAT64, -2), "eye", "-2");
    refuses(() -> Tensor.concat(0, List.of()), "concat");
    refuses(() -> Tensor.stack(0, List.of()), "stack");
    refuses(() -> Shape.of(2, -1), "-1");
    refuses(() -> M.shape().dim(2), "axis 2", "[2, 3]");
    refuses(() -> Tensor.scalar(1).shape().dim(0), "axis 0");
    none();
  }

  @Test
  void keys() {
    Key key = Key.of(1);
    refuses(() -> key.normal(DType.FLOAT64, -1), "-1");
    refuses(() -> key.uniform(DType.INT64, 3), "random", "int64");
    refuses(() -> key.integers(3, 3, 2), "random", "[3, 3)");
    refuses(() -> key.integers(Long.MIN_VALUE, Long.MAX_VALUE, 2), "random");
    refuses(() -> key.choice(3, 4), "choice", "4", "3");
    refuses(() -> key.choiceWithReplacement(0, 4), "random", "[0, 0)");
    refuses(() -> key.split(-1), "-1");
    refuses(() -> key.permutation(-1), "-1");
    refuses(() -> new Key(Tensor.of(1, 2, 3)).uniform(DType.FLOAT64), "random", "int32[3]");
    refuses(() -> new Key(V).uniform(DType.FLOAT64), "random", "float64[2]");
    none();
  }

  @Test
  void twoBackendsDoNotMix() {
    Tensor here = V.on(Backend.named("cpu"));
    Tensor there = V.on(Backend.named("reference"));
    Tensor checked = V.on(Backend.named("cpu").checkingFinite());
    refuses(() -> here.plus(there), "add", "'cpu'", "'reference'", "float64[2]");
    refuses(() -> here.dot(checked), "mul", "'cpu'", "checking");
    refuses(() -> grad((Tensor x) -> x.times(there).sum(), here), "mul", "'cpu'", "'reference'");
    refuses(() -> vmap((Tensor x) -> x.times(there), here), "mul", "'cpu'", "'reference'");
    refuses(
        () -> vmap((Tensor x, Tensor y) -> x.plus(y), here, there), "add", "'cpu'", "'reference'");
    refuses(() -> checkpoint((Tensor x) -> x.times(there), here), "mul", "'cpu'", "'reference'");
    refuses(() -> Tensor.concat(0, List.of(here, there)), "concat", "'cpu'", "'reference'");
    refuses(() -> Tensor.stack(0, List.of(there, here)), "concat", "'cpu'", "'reference'");
    refuses(() -> vjp((Tensor x) -> x.sin(), here).pullback().apply(there), "'cpu'", "'reference'");
    TALLY.sameBits(here.plus(1), there.plus(1));
    none();
  }
}
