package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.Window;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Every mistake is a `TensorException` that names the operator, the shapes and the caller's line.
class ErrorTest {
  private static final Tally TALLY = new Tally("mistakes and their messages");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Gathers what failed, so that one bad message does not hide the others.
  private static final class Mistakes {
    private final List<String> failures = new ArrayList<>();
    private final String where;

    Mistakes(String where) {
      this.where = where;
    }

    void add(Executable mistake, String... words) {
      try {
        TALLY.fails(mistake, words);
      } catch (AssertionError e) {
        failures.add(where + " " + String.join(", ", words) + ": " + e.getMessage());
      }
    }

    void none() {
      assertEquals("", String.join("\n", failures));
    }
  }

  /// The operands of the mistakes, as values or as something that a transformation traces.
  record Operands(
      Tensor m,
      Tensor v,
      Tensor s,
      Tensor three,
      Tensor cube,
      Tensor single,
      Tensor ints,
      Tensor truth) {
    static Operands on(Backend backend) {
      return Tree.map(
          new Operands(
              Tensor.zeros(DType.FLOAT64, 2, 3),
              Tensor.zeros(DType.FLOAT64, 2),
              Tensor.scalar(1),
              Tensor.zeros(DType.FLOAT64, 3),
              Tensor.zeros(DType.FLOAT64, 2, 3, 4),
              Tensor.zeros(DType.FLOAT32, 2, 3),
              Tensor.of(0L, 1L, 5L),
              Tensor.of(true, false, true)),
          leaf -> leaf.on(backend));
    }
  }

  private static void wrongOperands(Mistakes all, Operands o) {
    Tensor m = o.m();
    Tensor v = o.v();
    Tensor s = o.s();
    Tensor single = o.single();
    Tensor ints = o.ints();
    Tensor truth = o.truth();
    String shape = "float64[2, 3]";
    // shapes
    all.add(() -> m.plus(v), "add", shape, "float64[2]", "-1", "3 and 2");
    all.add(() -> m.times(m.transpose()), "mul", shape, "float64[3, 2]");
    all.add(() -> truth.where(m, v), "where", "bool[3]", shape, "float64[2]");
    all.add(() -> m.less(v), "less", shape, "float64[2]");
    all.add(() -> m.dot(v), "mul", shape, "float64[2]");
    // element types
    all.add(() -> m.plus(single), "add", shape, "float32[2, 3]", "cast");
    all.add(() -> single.matmul(m.transpose()), "matmul", "float32[2, 3]", "float64[3, 2]");
    all.add(() -> m.times(ints), "mul", shape, "int64[3]");
    all.add(() -> ints.plus(ints.cast(DType.INT32)), "add", "int64[3]", "int32[3]");
    all.add(() -> ints.div(ints), "div", "int64[3]", "floorDiv");
    all.add(() -> ints.exp(), "exp", "int64[3]", "float");
    all.add(() -> truth.plus(truth), "add", "bool[3]");
    all.add(() -> truth.sum(), "reduce", "bool[3]", "cast");
    all.add(() -> truth.max(), "reduce", "bool[3]", "cast");
    all.add(() -> ints.and(truth), "and", "int64[3]", "bool[3]");
    all.add(() -> m.and(m), "and", shape);
    all.add(() -> m.where(m, m), "where", shape, "bool");
    all.add(() -> m.floorDiv(m), "floor_div", shape);
    all.add(() -> truth.less(truth), "less", "bool[3]");
    all.add(() -> ints.round(), "round", "int64[3]");
    // axes
    all.add(() -> m.sum(2), "sum", shape, "axis 2");
    all.add(() -> m.sum(0, 0), "sum", shape, "twice");
    all.add(() -> m.sum(0, -2), "sum", shape, "twice");
    all.add(() -> m.mean(-3), "mean", shape, "axis -3");
    all.add(() -> m.max(2), "max", shape, "axis 2");
    all.add(() -> m.min(2), "min", shape, "axis 2");
    all.add(() -> m.argmax(2), "argmax", shape, "axis 2");
    all.add(() -> m.argsort(-3), "argsort", shape, "axis -3");
    all.add(() -> m.sort(2), shape, "axis 2");
    all.add(() -> m.cumsum(5), "cumsum", shape, "axis 5");
    all.add(() -> s.cumsum(0), "cumsum", "float64[]", "single number");
    all.add(() -> m.flip(3), "flip", shape, "axis 3");
    all.add(() -> m.permute(0), "permute", shape, "[0]");
    all.add(() -> m.permute(0, 0), "permute", shape, "[0, 0]");
    all.add(() -> m.permute(0, 2), "permute", shape, "axis 2");
    all.add(() -> v.transpose(), "transpose", "float64[2]");
    all.add(() -> m.moveAxis(0, 2), "moveAxis", shape, "axis 2");
    all.add(() -> m.expandDims(4), "expandDims", shape, "4");
    all.add(() -> m.slice(0, 0, 2).sum(1).argmin(1), "argmin", "float64[2]", "axis 1");
    all.add(() -> m.slice(0, 2, 2).max(0), "reduce", "float64[0, 3]", "empty");
    all.add(() -> m.slice(0, 2, 2).argmax(0), "arg", "float64[0, 3]", "empty");
    // shapes and pieces
    all.add(() -> m.reshape(4), "reshape", shape, "[4]");
    all.add(() -> m.reshape(4, -1), "reshape", shape, "[4, -1]");
    all.add(() -> m.reshape(-1, -1), "reshape", shape, "[-1, -1]");
    all.add(() -> m.reshape(-2, 3), "reshape", shape, "-2");
    all.add(() -> m.reshape(0, -1), "reshape", shape, "[0, -1]");
    all.add(() -> m.broadcastTo(3, 3), "broadcast", shape, "[3, 3]");
    all.add(() -> m.broadcastTo(3), "broadcast", shape, "[3]");
    all.add(() -> m.broadcastTo(-1, 3), "broadcastTo", shape, "-1");
    all.add(() -> m.slice(1, 2, 4), "slice", shape, "2:4");
    all.add(() -> m.slice(1, 2, 1), "slice", shape, "2:1");
    all.add(() -> m.slice(1, -1, 2), "slice", shape, "-1:2");
    all.add(() -> m.slice(2, 0, 1), "slice", shape, "axis 2");
    all.add(() -> m.slice(new int[] {0}, new int[] {1}, new int[] {1}), "slice", shape, "[0]");
    all.add(() -> m.slice(new int[2], new int[] {1, 1}, new int[2]), "slice", shape, "0:1:0");
    all.add(() -> m.get(2), "get", shape, "index 2");
    all.add(() -> m.get(-1), "get", shape, "index -1");
    all.add(() -> s.get(0), "get", "float64[]");
    all.add(() -> m.pad(new int[] {1}, new int[] {1}), "pad", shape, "[1]");
    all.add(() -> m.pad(new int[] {1, -1}, new int[2]), "pad", shape, "negative");
    all.add(() -> m.pad(new int[2], new int[3]), "pad", shape, "[0, 0, 0]");
    all.add(() -> Tensor.concat(0, List.of(m, v)), "concat", shape, "float64[2]");
    all.add(() -> Tensor.concat(0, List.of(m, m.transpose())), "concat", shape, "float64[3, 2]");
    all.add(() -> Tensor.concat(0, List.of(m, single)), "concat", shape, "float32[2, 3]");
    all.add(() -> Tensor.concat(2, List.of(m, m)), "concat", shape, "axis 2");
    all.add(() -> Tensor.concat(-3, List.of(m, m)), "concat", shape, "axis -3");
    all.add(() -> Tensor.concat(-4, List.of(m, m)), "concat", shape, "axis -4");
    all.add(() -> Tensor.concat(-4, List.of(o.cube(), o.cube())), "concat", "axis -4");
    all.add(() -> Tensor.concat(0, List.of(s, s)), "concat", "float64[]");
    all.add(() -> Tensor.concat(-1, List.of(s, s)), "concat", "float64[]");
    all.add(() -> Tensor.stack(0, List.of(m, v)), "stack", shape, "float64[2]");
    all.add(() -> Tensor.stack(3, List.of(m, m)), "stack", shape, "3");
    all.add(() -> Tensor.stack(-4, List.of(m, m)), "stack", shape, "-4");
    all.add(() -> Tensor.stack(-5, List.of(m, m)), "stack", shape, "-5");
    // products
    all.add(() -> m.matmul(m), "matmul", shape, "3 and 2");
    all.add(() -> m.matmul(v), "matmul", shape, "float64[2]", "3 and 2");
    all.add(() -> v.matmul(o.three()), "matmul", "float64[2]", "float64[3]");
    all.add(() -> m.matmul(s), "matmul", shape, "float64[]", "times");
    all.add(() -> o.cube().matmul(m), "matmul", "float64[2, 3, 4]", shape, "4 and 2");
    all.add(() -> o.cube().matmul(o.cube()), "matmul", "float64[2, 3, 4]", "4 and 3");
    all.add(() -> o.cube().matmul(Tensor.zeros(DType.FLOAT64, 3, 4, 2)), "matmul", "[3, 4, 2]");
    all.add(() -> m.matmulTransposed(v), "matmul", shape, "float64[2]");
    all.add(() -> s.matmulTransposed(m), "matmul", "float64[]", shape);
    all.add(() -> v.matmulTransposed(m), "matmul", "float64[2]", shape);
    all.add(() -> m.transposedMatmul(m.transpose()), "matmul", shape, "float64[3, 2]");
    all.add(() -> ints.matmul(ints), "matmul", "int64[", "float");
    all.add(() -> m.outer(v), "outer", shape, "float64[2]");
    all.add(() -> v.tril(0), "tril", "float64[2]");
    all.add(() -> m.solveLowerUnit(m), "solve_lower_unit", shape);
    all.add(() -> s.solveLowerUnit(s), "solve_lower_unit", "float64[]");
    // indices
    all.add(() -> m.take(ints, 2), "take", shape, "axis 2");
    all.add(() -> m.take(v, 0), "gather", shape, "float64[2]", "int64");
    all.add(() -> m.take(ints.reshape(3, 1), 0), "gather", shape, "int64[3, 1]");
    all.add(() -> s.take(ints, 0), "take", "float64[]");
    all.add(() -> m.takeAlongAxis(ints, 0), "take_along_axis", shape, "int64[3]");
    all.add(() -> m.takeAlongAxis(ints.reshape(1, 3), 1), "gather", shape, "int64[1, 3]");
    all.add(() -> m.scatterAdd(ints, m, 0), "scatter_add", shape, "int64[3]");
    all.add(() -> m.scatterAdd(ints, v, 1), "scatter_add", shape, "float64[2]");
    all.add(() -> ints.scatterAdd(ints, ints, 0), "scatter_add", "int64[3]");
    // images
    all.add(() -> m.unfold(new Window(1, 1, 1, 0)), "unfold", shape);
    all.add(() -> m.reshape(1, 1, 2, 3).unfold(new Window(3, 1, 1, 0)), "unfold", "[1, 1, 2, 3]");
    all.add(() -> m.reshape(1, 1, 2, 3).unfold(new Window(1, 1, 0, 0)), "unfold", "[1, 1, 2, 3]");
    all.add(() -> m.fold(new Window(1, 1, 1, 0), 2, 3), "fold", shape);
    all.add(() -> m.reshape(1, 2, 3).fold(new Window(1, 1, 1, 0), 2, 2), "fold", "[1, 2, 3]");
    all.add(() -> m.reshape(1, 2, 3).fold(new Window(1, 1, 0, 0), 2, 2), "fold", "[1, 2, 3]");
    // numbers that the element type does not have
    all.add(() -> ints.plus(0.5), "0.5", "int64");
    all.add(() -> ints.less(0.5), "0.5", "int64");
    all.add(() -> ints.times(Double.NaN), "NaN", "int64");
    all.add(() -> ints.cast(DType.INT32).plus(3e9), "3.0E9", "int32");
  }

  private static void wrongIndices(Mistakes all, Operands o) {
    all.add(() -> o.m().take(o.ints(), 0), "gather", "float64[2, 3]", "int64[3]", "index 5");
    all.add(() -> o.m().take(o.ints().minimum(2), 0), "gather", "int64[3]", "index 2");
    all.add(() -> o.m().take(o.ints().minus(1), 1), "gather", "int64[3]", "index -1");
    all.add(
        () -> o.m().scatterAdd(o.ints().plus(-4), o.m().sum(0).expandDims(0).broadcastTo(3, 3), 0),
        "scatter_add",
        "float64[2, 3]",
        "index -4");
  }

  @Test
  void wrongOperandsAreNamedOnEveryBackend() {
    for (String name : List.of("reference", "cpu")) {
      Mistakes all = new Mistakes(name);
      wrongOperands(all, Operands.on(Backend.named(name)));
      wrongIndices(all, Operands.on(Backend.named(name)));
      all.none();
    }
  }

  /// The same words, in particular the shapes of one example, whatever transforms the function.
  @Test
  void wrongOperandsAreNamedInEveryTransformation() {
    Operands at = Operands.on(Backend.named("cpu"));
    Mistakes traced = new Mistakes("vjp");
    vjp(
        (List<Tensor> x) -> {
          wrongOperands(traced, withFloats(at, x));
          wrongIndices(traced, withFloats(at, x));
          return x;
        },
        floats(at));
    traced.none();
    Mistakes mapped = new Mistakes("vmap");
    vmap(
        (Operands x) -> {
          wrongOperands(mapped, x);
          return x.v();
        },
        Tree.map(at, leaf -> Tensor.stack(0, List.of(leaf, leaf))));
    mapped.none();
    Mistakes recorded = new Mistakes("checkpoint");
    checkpoint(
        (Operands x) -> {
          wrongOperands(recorded, x);
          return x.v();
        },
        at);
    recorded.none();
  }

  private static List<Tensor> floats(Operands at) {
    return List.of(at.m(), at.v(), at.s(), at.three(), at.cube(), at.single());
  }

  private static Operands withFloats(Operands at, List<Tensor> x) {
    return new Operands(
        x.get(0), x.get(1), x.get(2), x.get(3), x.get(4), x.get(5), at.ints(), at.truth());
  }
}
