package nestor.hope;

import static nestor.autodiff.Transform.vjp;

import java.util.List;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import nestor.meta.Adam;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What new layers and models can learn from where they begin: no zeros on both sides of a product.
class BeginningsTest {
  private static final Tally TALLY = new Tally("layers and models learn from where they begin");
  private static final Key KEY = Key.of(3);
  private static final int WIDTH = 8;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  @TestFactory
  Stream<DynamicTest> everyParameterMovesInThreeSteps() {
    HopeModel.Sizes sizes = new HopeModel.Sizes(WIDTH, WIDTH, WIDTH, 1, 2);
    Stream<SequenceLayer<?>> models =
        Stream.of(Baseline.values()).map(kind -> kind.init(KEY, DType.FLOAT64, sizes));
    Stream<SequenceLayer<?>> layers =
        Stream.of(
            Titans.linear(KEY, DType.FLOAT64, WIDTH),
            Titans.init(KEY, DType.FLOAT64, WIDTH, WIDTH),
            SelfModifyingTitans.linear(KEY, DType.FLOAT64, WIDTH).withQueryMemory(),
            SelfModifyingTitans.deep(KEY, DType.FLOAT64, WIDTH, WIDTH));
    return Stream.concat(models, layers)
        .map(
            layer -> DynamicTest.dynamicTest(layer.toString().split("\\[")[0], () -> moves(layer)));
  }

  private static void moves(SequenceLayer<?> layer) {
    Tensor x = KEY.fold("x").normal(DType.FLOAT64, 4, 9, WIDTH);
    Tensor target = KEY.fold("target").normal(DType.FLOAT64, 4, 9, WIDTH);
    Adam adam = Adam.withRate(0.01);
    Adam.State<SequenceLayer<?>> now = adam.start(layer);
    for (int i = 0; i < 3; i++) {
      var loss = vjp((SequenceLayer<?> m) -> m.read(x).minus(target).square().mean(), now.params());
      now = adam.next(now, loss.pullback().apply(Tensor.scalar(1.0)));
    }
    List<String> paths = Tree.paths(layer);
    List<Tensor> before = Tree.leaves(layer);
    List<Tensor> after = Tree.leaves(now.params());
    for (int i = 0; i < paths.size(); i++) {
      double moved = after.get(i).minus(before.get(i)).abs().max().item();
      TALLY.one(moved > 0, paths.get(i) + " does not move");
    }
  }
}
