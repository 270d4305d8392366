package nestor.meta;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [PerPath] trains each parameter by the first rule that covers it, and [Clipped] sees limits.
class PerPathTest {
  private static final Tally TALLY = new Tally("rules by path, and clipped optimizers");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record Layer(Tensor weight, Tensor bias) {}

  private record Net(List<Layer> layers, Tensor head) {
    static Net random(int t) {
      Key key = Key.of(63).fold(t);
      return new Net(List.of(layer(key.fold(0)), layer(key.fold(1))), normal(key, 2, 2));
    }

    private static Layer layer(Key key) {
      return new Layer(normal(key.fold("w"), 3, 2), normal(key.fold("b"), 3));
    }

    private static Tensor normal(Key key, int... dims) {
      return key.normal(DType.FLOAT64, dims);
    }
  }

  private static <T> Optimizer.State<T> steps(Optimizer by, T start, List<T> gradients) {
    Optimizer.State<T> state = by.start(start);
    for (T gradient : gradients) {
      state = by.next(state, gradient);
    }
    return state;
  }

  private static final List<Net> GRADIENTS =
      List.of(Net.random(1), Net.random(2), Net.random(3), Net.random(4));

  private static void trainedBy(Optimizer optimizer, String path, Net trained) {
    Tensor expected =
        steps(
                optimizer,
                Tree.toMap(Net.random(0)).get(path),
                GRADIENTS.stream().map(g -> Tree.toMap(g).get(path)).toList())
            .params();
    TALLY.sameBits(expected, Tree.toMap(trained).get(path));
  }

  @Test
  void theFirstRuleThatCoversAParameterTrainsIt() {
    Muon muon = Muon.withRate(0.1);
    AdamW adamW = AdamW.withRate(0.2);
    Sgd sgd = Sgd.withRate(0.3);
    PerPath perPath =
        PerPath.of("layers.*.weight", muon).otherwise("layers.1.**", sgd).otherwise("**", adamW);
    Net trained = steps(perPath, Net.random(0), GRADIENTS).params();
    trainedBy(muon, "layers.0.weight", trained);
    trainedBy(muon, "layers.1.weight", trained);
    trainedBy(sgd, "layers.1.bias", trained);
    trainedBy(adamW, "layers.0.bias", trained);
    trainedBy(adamW, "head", trained);
    TALLY.sameBits(Net.random(0), perPath.start(Net.random(0)).params());
  }

  @Test
  void rulesThatFitNothingAreNamed() {
    Sgd sgd = Sgd.withRate(0.3);
    Net net = Net.random(0);
    TALLY.fails(
        () -> PerPath.of("layers.**", sgd).start(net), "no rule covers", "'head'", "[layers.**]");
    TALLY.fails(
        () -> PerPath.of("**", sgd).otherwise("tail", sgd).start(net),
        "the rule 'tail' covers no parameter",
        "layers.0.weight");
    TALLY.fails(
        () -> PerPath.of("**", sgd).otherwise("head", sgd).start(net),
        "earlier rules cover all parameters of the rule 'head'");
    TALLY.fails(() -> new PerPath(List.of()), "no rule");
  }

  @Test
  void clippedOptimizersSeeClippedGradients() {
    Nesterov inner = Nesterov.withRate(0.1);
    Net start = Net.random(0);
    TALLY.sameBits(
        steps(inner, start, GRADIENTS.stream().map(g -> GradientClip.byGlobalNorm(g, 2)).toList()),
        steps(Clipped.byGlobalNorm(inner, 2), start, GRADIENTS));
    TALLY.sameBits(
        steps(inner, start, GRADIENTS.stream().map(g -> GradientClip.byLeafNorm(g, 1.5)).toList()),
        steps(Clipped.byLeafNorm(inner, 1.5), start, GRADIENTS));
    TALLY.sameBits(
        steps(inner, start, GRADIENTS.stream().map(g -> GradientClip.byValue(g, 0.7)).toList()),
        steps(Clipped.byValue(inner, 0.7), start, GRADIENTS));
    TALLY.otherBits(
        steps(inner, start, GRADIENTS), steps(Clipped.byValue(inner, 0.7), start, GRADIENTS));
  }
}
