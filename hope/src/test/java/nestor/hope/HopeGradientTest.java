package nestor.hope;

import static nestor.autodiff.Transform.grad;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.hope.AssociativeMemory.Out;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Derivatives through what a sequence writes into its memories.
class HopeGradientTest {
  private static final Tally TALLY = new Tally("derivatives through the writes of sequences");
  private static final int WIDTH = 3;
  private static final GradientCheck CHECK = new GradientCheck(3e-4, 1e-6);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// Four writes from the learned content on.
  private record At<M extends AssociativeMemory>(M memory, Tensor x) {
    Out read() {
      return memory.apply(x, memory.start(x.shape().dim(0)));
    }
  }

  private static <M extends AssociativeMemory> void assertDerivatives(M memory) {
    Tensor x = Memories.tokens(2, 4, WIDTH);
    TALLY.derivatives(CHECK, (At<M> at) -> at.read(), new At<>(memory, x), 2);
    Tree.mapWithPath(
        memory,
        (path, leaf) -> {
          TALLY.derivatives(
              CHECK, (Tensor p) -> new At<>(with(memory, path, p), x).read(), leaf, 1);
          return leaf;
        });
  }

  private static <M> M with(M memory, String path, Tensor other) {
    return Tree.mapWithPath(memory, (p, leaf) -> p.equals(path) ? other : leaf);
  }

  @Test
  void memoriesHaveTheDerivativesOfFiniteDifferences() {
    assertDerivatives(Memories.gated(WIDTH));
    assertDerivatives(Memories.delta(WIDTH));
  }

  @Test
  void modelsHaveTheDerivativesOfFiniteDifferences() {
    HopeModel model =
        Memories.random(
            HopeModel.init(
                Memories.KEY,
                DType.FLOAT64,
                new HopeModel.Sizes(2, 1, WIDTH, 2, 1),
                key -> Memories.gated(WIDTH)));
    Tensor x = Memories.tokens(2, 3, 2);
    TALLY.derivatives(CHECK, (HopeModel m) -> m.apply(x, m.start(2)), model, 2);
  }

  @Test
  void everyElementOfEveryParameterIsReached() {
    for (AssociativeMemory memory : List.of(Memories.gated(WIDTH), Memories.delta(WIDTH))) {
      Tensor x = Memories.tokens(2, 4, WIDTH);
      AssociativeMemory g =
          grad((AssociativeMemory m) -> new At<>(m, x).read().value().sin().sum(), memory);
      assertReached(g);
    }
    HopeModel model = Memories.model(Memories.gated(Memories.WIDTH));
    Tensor x = Memories.tokens(2, 4, 3);
    assertReached(grad((HopeModel m) -> m.apply(x, m.start(2)).value().sin().sum(), model));
  }

  private static void assertReached(Object gradient) {
    Tree.toMap(gradient)
        .forEach((path, leaf) -> {
          for (double g : leaf.toDoubles()) {
            TALLY.one(g != 0, path + " has a gradient of 0");
          }
        });
  }

  /// Later readings depend on earlier tokens: the memory is not cut off at each write.
  @Test
  void gradientsFlowBackThroughAllWrites() {
    for (AssociativeMemory memory : List.of(Memories.gated(WIDTH), Memories.delta(WIDTH))) {
      Tensor g =
          grad(
              (Tensor x) -> Memories.token(new At<>(memory, x).read().value(), 3).sin().sum(),
              Memories.tokens(1, 4, WIDTH));
      for (int t = 0; t < 4; t++) {
        TALLY.one(Tree.norm(Memories.token(g, t)).item() > 1e-6, "token " + t + " is cut off");
      }
    }
  }

  /// Padding: the norm of a query or a key that is 0 has a corner.
  @Test
  void tokensOfZerosHaveFiniteDerivatives() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      HopeModel.Sizes sizes = new HopeModel.Sizes(2, 1, WIDTH, 2, 1);
      for (int kind = 0; kind < 2; kind++) {
        boolean gated = kind == 0;
        HopeModel model =
            HopeModel.init(
                Memories.KEY,
                dtype,
                sizes,
                key ->
                    gated
                        ? GatedDeltaRule.init(key, dtype, WIDTH)
                        : DeltaRule.init(key, dtype, WIDTH));
        Tensor x = Tensor.zeros(dtype, 2, 3, 2);
        TALLY.finite(
            grad((HopeModel m) -> m.apply(x, m.start(2)).value().plus(1).square().sum(), model));
      }
    }
  }
}
