package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// A traced tensor that outlives its call is an error in whatever way it is used.
class LeakTest {
  private static final Tally TALLY = new Tally("leaked tensors");
  private static final Tensor X = Tensor.of(0.5, -0.7, 1.1);
  private static final Set<String> NEEDS_AXIS = Set.of("at vmap");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor stolen(Consumer<UnaryOperator<Tensor>> transformation) {
    List<Tensor> stolen = new ArrayList<>();
    transformation.accept(x -> {
      Tensor y = x.sin().times(2);
      stolen.add(y);
      return y;
    });
    return stolen.getLast();
  }

  /// Leaked tensors by the name of the transformation that they come from.
  private static Map<String, Tensor> leaks() {
    Map<String, Tensor> leaks = new LinkedHashMap<>();
    leaks.put("grad", stolen(f -> grad((Tensor x) -> f.apply(x).sum(), X)));
    leaks.put(" grad", stolen(f -> valueAndGrad((Tensor x) -> f.apply(x).sum(), X)));
    leaks.put("vjp", stolen(f -> vjp(f, X)));
    leaks.put("jvp", stolen(f -> jvp(f, X, X)));
    leaks.put("hvp", stolen(f -> hvp((Tensor x) -> f.apply(x).sum(), X, X)));
    leaks.put("vmap", stolen(f -> vmap(f, X)));
    leaks.put("checkpoint", stolen(f -> checkpoint(f, X)));
    leaks.put("scan", stolen(f -> scan((Tensor h) -> new Step<>(f.apply(h), h), X, 2)));
    leaks.put("cond", stolen(f -> cond(X.sum().greater(0), f, f, X)));
    leaks.put(" scan", stolen(f -> grad((Tensor x) -> scanned(f, x).sum(), X)));
    leaks.put(" checkpoint", stolen(f -> grad((Tensor x) -> checkpoint(f, x).sum(), X)));
    leaks.put(" vmap", stolen(f -> grad((Tensor x) -> vmap(f, x).sum(), X)));
    leaks.put("  grad", stolen(f -> vmap((Tensor e) -> grad((Tensor x) -> f.apply(x), e), X)));
    return leaks;
  }

  private static Tensor scanned(UnaryOperator<Tensor> f, Tensor x) {
    return scan((Tensor h) -> new Step<>(f.apply(h), h), x, 2).carry();
  }

  private static Map<String, Function<Tensor, Object>> uses() {
    Map<String, Function<Tensor, Object>> uses = new LinkedHashMap<>();
    uses.put("with a value", leak -> leak.plus(1));
    uses.put("on the left of a value", leak -> X.sum().times(leak));
    uses.put("alone", leak -> leak.exp());
    uses.put("reduced", leak -> leak.sum());
    uses.put("read", leak -> leak.toDoubles());
    uses.put("read as array", leak -> leak.expandDims(0).toArray());
    uses.put("in grad", leak -> grad((Tensor x) -> x.times(leak).sum(), X));
    uses.put("in vmap", leak -> vmap((Tensor x) -> x.times(leak), X));
    uses.put("in checkpoint", leak -> checkpoint((Tensor x) -> x.times(leak), X));
    uses.put(
        "in grad of checkpoint",
        leak -> grad((Tensor y) -> checkpoint((Tensor x) -> x.times(leak), y).sum(), X));
    uses.put("out of vmap", leak -> vmap((Tensor x) -> leak, X));
    uses.put("out of checkpoint", leak -> checkpoint((Tensor x) -> leak, X));
    uses.put("in scan", leak -> scanned(x -> x.times(leak), X));
    uses.put("in cond", leak -> cond(leak.sum().greater(0), (Tensor x) -> x, x -> x, X));
    uses.put("in a branch", leak -> cond(X.sum().less(0), (Tensor x) -> x, x -> x.times(leak), X));
    uses.put("at scan", leak -> scanned(x -> x.square(), leak));
    uses.put("out of scan", leak -> scan((Tensor x) -> new Step<>(x, leak), X, 2));
    uses.put("at grad", leak -> grad((Tensor x) -> x.square().sum(), leak));
    uses.put("at vmap", leak -> vmap((Tensor x) -> x.square(), leak));
    uses.put("at checkpoint", leak -> checkpoint((Tensor x) -> x.square(), leak));
    uses.put("with itself", leak -> leak.times(leak));
    uses.put(
        "at customVjp", leak -> customVjp((Tensor x) -> x.square(), (x, y, g) -> g.times(x), leak));
    return uses;
  }

  @Test
  void leaksAreErrorsThatNameTheTransformationAndTheLine() {
    List<String> failures = new ArrayList<>();
    leaks()
        .forEach((from, leak) ->
            uses()
                .forEach((name, use) -> {
                  boolean scalar = leak.shape().rank() == 0;
                  if (!scalar || !NEEDS_AXIS.contains(name)) {
                    try {
                      TALLY.fails(() -> use.apply(leak), from.strip() + " ", "returned");
                    } catch (AssertionError e) {
                      failures.add(from.strip() + " used " + name + ": " + e.getMessage());
                    }
                  }
                }));
    assertEquals("", String.join("\n", failures));
  }

  @Test
  void leaksSayWhatTheyAreWhenPrinted() {
    leaks().forEach((from, leak) -> TALLY.one(leak.toString().contains("leaked"), leak.toString()));
  }

  @Test
  void whatIsReturnedIsNoLeak() {
    TALLY.near(1e-15, X.sin(), vjp((Tensor x) -> x.sin(), X).value().plus(0));
    TALLY.near(1e-15, X.sin(), jvp((Tensor x) -> x.sin(), X, X).value().plus(0));
    TALLY.near(1e-15, X, vjp((Tensor x) -> x, X).value().plus(0));
    TALLY.near(1e-15, X, jvp((Tensor x) -> x, X, X).tangent().plus(0));
    TALLY.near(1e-15, X, vmap((Tensor x) -> x, X).plus(0));
    TALLY.near(1e-15, X, checkpoint((Tensor x) -> x, X).plus(0));
    TALLY.near(1e-15, X, customVjp((Tensor x) -> x, (x, y, g) -> g, X).plus(0));
  }
}
