package nestor.hope.rule;

import static nestor.autodiff.Transform.vjp;

import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Memories that are networks give by chunks what they give token by token, with the same
/// gradients.
class FastMemoryFormsTest {
  private static final Tally TALLY = new Tally("fast weights, token by token and by chunks");
  private static final Key KEY = Key.of(7);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  private record Titans<M extends FastMemory>(TitansRule.Tokens tokens, TitansRule.State<M> state) {
    Step<TitansRule.State<M>, Tensor> read(int chunk, Form form) {
      return TitansRule.read(tokens, state, chunk, form);
    }
  }

  private static Tensor gate(String name, int time, double bias) {
    return normal(name, 2, time).plus(bias).sigmoid();
  }

  private static <M extends FastMemory> Titans<M> titans(M memory, int time, int position) {
    var tokens =
        new TitansRule.Tokens(
            normal("q", 2, time, 3),
            normal("k", 2, time, 3).times(0.5),
            normal("v", 2, time, 3),
            gate("theta", time, -1),
            gate("eta", time, 0),
            gate("alpha", time, -2));
    M each = FastMemory.forEach(memory, 2);
    M now = random(each, "now");
    return new Titans<>(
        tokens,
        new TitansRule.State<>(
            now, position == 0 ? now : random(each, "start"), random(each, "momentum"), position));
  }

  private static <T> T random(T tree, String name) {
    return Tree.mapWithPath(
        tree, (path, leaf) -> normal(name + path, leaf.shape().toArray()).times(0.5));
  }

  /// A deep memory of two matrices that do not stand in the order in which they are used.
  private static MlpMemory mlp() {
    return MlpMemory.init(KEY, DType.FLOAT64, 3, 4);
  }

  private static <T, R> void assertSame(Function<T, R> one, Function<T, R> other, T at) {
    var first = vjp(one, at);
    var second = vjp(other, at);
    TALLY.near(1e-11, first.value(), second.value());
    R cotangent = random(first.value(), "cotangent");
    TALLY.near(1e-10, first.pullback().apply(cotangent), second.pullback().apply(cotangent));
  }

  @Test
  void titans() {
    for (int chunk : new int[] {1, 2, 4, 16}) {
      for (int position : new int[] {0, 1, 3}) {
        for (int time : new int[] {1, 2, 5, 11}) {
          if (position < chunk) {
            for (FastMemory memory : List.of(mlp(), new LinearMemory(normal("w", 3, 3)))) {
              assertSame(
                  (Titans<FastMemory> t) -> t.read(chunk, Form.RECURRENT),
                  (Titans<FastMemory> t) -> t.read(chunk, Form.CHUNK_PARALLEL),
                  titans(memory, time, position));
            }
          }
        }
      }
    }
  }

  @Test
  void titansWithFactorsOfZero() {
    for (Form form : Form.values()) {
      Titans<MlpMemory> some = titans(mlp(), 6, 0);
      var t = some.tokens();
      Tensor zero = t.rate().zerosLike();
      var clears = new TitansRule.Tokens(t.q(), t.k(), t.v(), t.rate(), zero, zero.onesLike());
      assertSame(
          (Titans<MlpMemory> at) -> at.read(4, Form.RECURRENT),
          (Titans<MlpMemory> at) -> at.read(4, form),
          new Titans<>(clears, some.state()));
    }
  }

  private record SelfModifying(
      Tensor x, SelfModifyingRule.Memories initial, SelfModifyingRule.State state) {
    Step<SelfModifyingRule.State, Tensor> read(int chunk, Form form) {
      return SelfModifyingRule.read(x, initial, state, chunk, form);
    }
  }

  private static SelfModifying selfModifying(
      SelfModifyingRule.Memories memories, int time, int position) {
    var start = SelfModifyingRule.start(memories, 2);
    List<FastMemory> now = random(start.written(), "now");
    return new SelfModifying(
        normal("x", 2, time, 3),
        memories,
        new SelfModifyingRule.State(
            now, position == 0 ? now : random(start.written(), "start"), position));
  }

  private static List<SelfModifyingRule.Memories> memories() {
    FastMemory linear = new LinearMemory(normal("linear", 3, 3));
    FastMemory row = new LinearMemory(normal("row", 1, 3));
    FastMemory scalar = ScalarMemory.init(KEY, DType.FLOAT64, 3, 4);
    FastMemory fixed = new Fixed(new LinearMemory(normal("fixed", 3, 3)));
    return List.of(
        new SelfModifyingRule.Memories(linear, linear, fixed, row, row, linear),
        new SelfModifyingRule.Memories(mlp(), mlp(), mlp(), scalar, scalar, mlp()),
        new SelfModifyingRule.Memories(fixed, linear, linear, scalar, new Fixed(row), mlp()));
  }

  @Test
  void selfModifying() {
    for (var memories : memories()) {
      for (int chunk : new int[] {1, 3, 16}) {
        for (int position : new int[] {0, 2}) {
          for (int time : new int[] {1, 5, 8}) {
            if (position < chunk) {
              assertSame(
                  (SelfModifying s) -> s.read(chunk, Form.RECURRENT),
                  (SelfModifying s) -> s.read(chunk, Form.CHUNK_PARALLEL),
                  selfModifying(memories, time, position));
            }
          }
        }
      }
    }
  }
}
