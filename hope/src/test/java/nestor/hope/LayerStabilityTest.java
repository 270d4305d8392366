package nestor.hope;

import static nestor.autodiff.Transform.compile;

import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.hope.Layers.Case;
import nestor.hope.SequenceLayer.Out;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// No layer explodes over ten thousand tokens.
class LayerStabilityTest {
  private static final Tally TALLY = new Tally("ten thousand tokens");
  private static final int TIME = 10_000;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  @TestFactory
  Stream<DynamicTest> tenThousandTokensStayBounded() {
    return Layers.all().stream()
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertBounded(one)));
  }

  /// A sum without forgetting may grow like the number of its terms, nothing else grows. Attention
  /// to everything takes time and memory in the square of the tokens: it reads a tenth.
  private static <S> void assertBounded(Case<S> one) {
    SequenceLayer<S> layer =
        Layers.cast(one.others().isEmpty() ? one.layer() : one.others().getLast(), DType.FLOAT32);
    int time = layer instanceof SoftmaxAttention ? TIME / 10 : TIME;
    Tensor x = Layers.tokens(1, time, Layers.WIDTH).cast(DType.FLOAT32);
    Out<S> out =
        compile((SequenceLayer<S> m, Tensor tokens) -> m.apply(tokens, m.start(1))).apply(layer, x);
    TALLY.finite(out);
    double largest = out.value().abs().max().item();
    boolean isSum = one.name().equals("linear") || one.name().equals("linear silu");
    TALLY.one(largest < (isSum ? 3 * TIME : 100), one.name() + " reads " + largest);
  }

  /// Untouched layers on one token that comes again and again, to which all writes add up.
  @TestFactory
  Stream<DynamicTest> oneTokenTenThousandTimesStaysBounded() {
    int width = 16;
    Key key = Layers.KEY;
    Projections drawn = Projections.init(key, DType.FLOAT32, width);
    Tensor wv = key.fold("wv").normal(DType.FLOAT32, width, width).div(4);
    var linear = Titans.linear(key, DType.FLOAT32, width);
    var titans = Titans.init(key, DType.FLOAT32, width, width);
    Projections values = new Projections(drawn.norm(), drawn.wq(), drawn.wk(), wv);
    return Stream.<SequenceLayer<?>>of(
            SelfModifyingTitans.linear(key, DType.FLOAT32, width),
            SelfModifyingTitans.linear(key, DType.FLOAT32, width).withChunk(1),
            SelfModifyingTitans.deep(key, DType.FLOAT32, width, width),
            SelfModifyingTitans.deep(key, DType.FLOAT32, width, width).withChunk(1),
            new Titans<>(values, linear.gates(), linear.initial(), linear.wo(), 1, linear.form()),
            new Titans<>(values, titans.gates(), titans.initial(), linear.wo(), 1, titans.form()))
        .map(layer ->
            DynamicTest.dynamicTest(
                layer.getClass().getSimpleName(), () -> assertBoundedOnOneToken(layer, width)));
  }

  private static <S> void assertBoundedOnOneToken(SequenceLayer<S> layer, int width) {
    Tensor x = Layers.KEY.fold("one").normal(DType.FLOAT32, 1, 1, width);
    Out<S> out =
        compile((SequenceLayer<S> m, Tensor token) ->
                m.apply(token.broadcastTo(1, TIME, width), m.start(1)))
            .apply(layer, x);
    TALLY.finite(out);
    double largest = out.value().abs().max().item();
    TALLY.one(largest < 100, layer.getClass().getSimpleName() + " reads " + largest);
  }
}
