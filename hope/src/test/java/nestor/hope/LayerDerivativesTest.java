package nestor.hope;

import static nestor.autodiff.Transform.grad;

import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.check.GradientCheck;
import nestor.hope.Layers.Case;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Derivatives of every layer, through all that a sequence writes.
class LayerDerivativesTest {
  private static final Tally TALLY = new Tally("derivatives of layers against differences");
  private static final GradientCheck CHECK = new GradientCheck(3e-4, 1e-6);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record At<S>(SequenceLayer<S> layer, Tensor x) {
    Tensor read() {
      return layer.apply(x, layer.start(x.shape().dim(0))).value();
    }
  }

  private static Stream<Case<?>> learners() {
    return Layers.all().stream().filter(one -> !one.name().equals("none"));
  }

  /// Four writes from the learned content on.
  @TestFactory
  Stream<DynamicTest> derivativesAreFiniteDifferences() {
    return learners().map(one -> DynamicTest.dynamicTest(one.name(), () -> assertDerivatives(one)));
  }

  private static <S> void assertDerivatives(Case<S> one) {
    Tensor x = Layers.tokens(2, 4, Layers.WIDTH);
    for (SequenceLayer<S> layer : one.forms()) {
      TALLY.derivatives(CHECK, (At<S> at) -> at.read(), new At<>(layer, x), 2);
    }
    SequenceLayer<S> last = one.forms().getLast();
    for (var parameter : Tree.toMap(last).entrySet()) {
      if (!isWithoutQuery(one, parameter.getKey())) {
        TALLY.derivatives(
            CHECK,
            (Tensor p) -> new At<>(with(last, parameter.getKey(), p), x).read(),
            parameter.getValue(),
            1);
      }
    }
  }

  /// In a window of one token the only weight is 1, whatever the query and the key.
  private static boolean isWithoutQuery(Case<?> one, String path) {
    return one.name().equals("window of 1") && (path.endsWith("wq") || path.endsWith("wk"));
  }

  private static <M> M with(M layer, String path, Tensor other) {
    return Tree.mapWithPath(layer, (p, leaf) -> p.equals(path) ? other : leaf);
  }

  /// Later readings depend on earlier tokens: what is read is not cut off at each write.
  @TestFactory
  Stream<DynamicTest> gradientsFlowBackThroughAllWrites() {
    return learners()
        .filter(one -> !one.name().equals("window of 1") && !one.name().equals("window of 3"))
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertNotCut(one)));
  }

  private static <S> void assertNotCut(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      Tensor g =
          grad(
              (Tensor x) -> new At<>(layer, x).read().slice(1, 3, 4).sin().sum(),
              Layers.tokens(1, 4, Layers.WIDTH));
      for (int t = 0; t < 4; t++) {
        TALLY.one(Tree.norm(g.slice(1, t, t + 1)).item() > 1e-6, "token " + t + " is cut off");
      }
    }
  }

  /// Padding: the norm of a query or a key that is 0 has a corner.
  @TestFactory
  Stream<DynamicTest> tokensOfZerosHaveFiniteDerivatives() {
    return learners().map(one -> DynamicTest.dynamicTest(one.name(), () -> assertFinite(one)));
  }

  private static <S> void assertFinite(Case<S> one) {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (SequenceLayer<S> form : one.forms()) {
        SequenceLayer<S> layer = Layers.cast(form, dtype);
        Tensor x = Tensor.zeros(dtype, 2, 3, Layers.WIDTH);
        TALLY.finite(grad((At<S> at) -> at.read().plus(1).square().sum(), new At<>(layer, x)));
      }
    }
  }
}
