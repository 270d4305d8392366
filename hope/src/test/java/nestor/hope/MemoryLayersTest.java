package nestor.hope;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.hope.Projections.Rows;
import nestor.hope.SequenceLayer.Out;
import nestor.hope.rule.FeatureMap;
import nestor.hope.rule.LinearRule;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What the layers around the rules make of tokens, and where they start.
class MemoryLayersTest {
  private static final Tally TALLY = new Tally("memories: gates, features, where they start");
  private static final DType F64 = DType.FLOAT64;
  private static final int WIDTH = Layers.WIDTH;
  private static final int SAMPLES = 2;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor x(int time) {
    return Layers.tokens(SAMPLES, time, WIDTH);
  }

  private static Tensor content() {
    return Layers.KEY.fold("content").normal(F64, SAMPLES, WIDTH, WIDTH);
  }

  private static DeltaNet delta(double logit) {
    DeltaNet drawn = Layers.random(DeltaNet.init(Layers.KEY, F64, WIDTH));
    return new DeltaNet(
        drawn.projections(),
        Layers.constantGate(WIDTH, logit),
        drawn.initial(),
        drawn.strength(),
        4,
        drawn.form());
  }

  private static GatedDeltaNet gated(double strength, double retention) {
    GatedDeltaNet drawn = Layers.random(GatedDeltaNet.init(Layers.KEY, F64, WIDTH));
    return new GatedDeltaNet(
        drawn.projections(),
        Layers.constantGate(WIDTH, strength, retention),
        drawn.initial(),
        drawn.strength(),
        4,
        drawn.form());
  }

  /// A token whose query is its key reads the value that it wrote. Keys are normalized to 1e-6 /
  /// ‖x‖.
  @Test
  void saturatedGatesWriteWhatTheNextReadFinds() {
    Projections p = delta(50).projections();
    DeltaNet memory =
        new DeltaNet(
            new Projections(p.norm(), p.wk(), p.wk(), p.wv()),
            delta(50).gate(),
            delta(50).initial(),
            WriteStrength.UP_TO_ONE,
            4,
            delta(50).form());
    Out<Tensor> out = memory.apply(x(5), content());
    TALLY.near(1e-4, x(5).matmulTransposed(p.wv()), out.value());
    DeltaNet half = memory.withStrength(WriteStrength.UP_TO_TWO);
    DeltaNet even =
        new DeltaNet(
            half.projections(),
            Layers.constantGate(WIDTH, 0),
            half.initial(),
            half.strength(),
            4,
            half.form());
    TALLY.near(1e-12, out, even.apply(x(5), content()));
  }

  @Test
  void strengthsStayWithinTheirBounds() {
    Tensor logits = Tensor.of(-1000.0, -1, 0, 1, 1000);
    double s = 1 / (1 + Math.exp(-1));
    TALLY.near(1e-15, Tensor.of(0, 1 - s, 0.5, s, 1), WriteStrength.UP_TO_ONE.of(logits));
    TALLY.near(1e-15, Tensor.of(0, 2 - 2 * s, 1, 2 * s, 2), WriteStrength.UP_TO_TWO.of(logits));
  }

  @Test
  void queriesAndKeysHaveTheNormOne() {
    Projections projections = delta(0).projections();
    for (FeatureMap map : FeatureMap.values()) {
      Rows at = projections.of(x(3), map);
      for (Tensor unit : List.of(at.q(), at.k())) {
        TALLY.near(1e-4, Tensor.ones(F64, SAMPLES, 3), unit.square().sum(-1));
      }
    }
  }

  @Test
  void gatedWithoutForgettingIsTheDeltaRule() {
    Out<Tensor> expected = delta(0.3).apply(x(9), delta(0.3).start(SAMPLES));
    Out<Tensor> given = gated(0.3, 50).apply(x(9), delta(0.3).start(SAMPLES));
    DeltaNet same =
        new DeltaNet(
            gated(0.3, 50).projections(),
            delta(0.3).gate(),
            delta(0.3).initial(),
            WriteStrength.UP_TO_ONE,
            4,
            delta(0.3).form());
    TALLY.near(1e-14, expected, same.apply(x(9), delta(0.3).start(SAMPLES)));
    TALLY.near(1e-13, expected, given);
  }

  @Test
  void withoutRetentionOnlyTheLastTokenIsLeft() {
    GatedDeltaNet forgetting = gated(0.3, -1000);
    Out<Tensor> out = forgetting.apply(x(3), content());
    Rows last = forgetting.projections().of(x(3).slice(1, 2, 3));
    double b = 1 / (1 + Math.exp(-0.3));
    TALLY.near(1e-15, last.v().times(b).transposedMatmul(last.k()), out.state());
  }

  @Test
  void closedGatesLeaveTheMemoryToTheBit() {
    TALLY.sameBits(content(), gated(-1000, 1000).apply(x(7), content()).state());
    TALLY.sameBits(content(), delta(-1000).apply(x(7), content()).state());
  }

  /// With projections alone: no feature has been above 0 where RELU found none.
  @Test
  void meansAreWeightedMeansOfValues() {
    for (FeatureMap map : FeatureMap.values()) {
      LinearAttention sum = Layers.random(LinearAttention.init(Layers.KEY, F64, WIDTH));
      if (!map.isPositive()) {
        TALLY.fails(() -> sum.with(map, Weighting.MEAN), map.name(), "ELU_PLUS_ONE");
        continue;
      }
      LinearAttention mean = sum.with(map, Weighting.MEAN).withChunk(4);
      Rows at = sum.projections().of(x(9), map);
      Tensor weights = at.q().matmulTransposed(at.k()).tril(0);
      Tensor expected = weights.matmul(at.v()).div(weights.sumKeepDims(-1).plus(1e-6));
      TALLY.near(1e-13, expected, mean.read(x(9)));
    }
  }

  @Test
  void featuresAreTheirFormulas() {
    double[] x = {-3, -0.5, 0, 0.5, 3};
    for (FeatureMap map : FeatureMap.values()) {
      double[] expected = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        double e = Math.exp(x[i]);
        expected[i] =
            switch (map) {
              case IDENTITY -> x[i];
              case ELU_PLUS_ONE -> x[i] > 0 ? x[i] + 1 : e;
              case RELU -> Math.max(x[i], 0);
              case SOFTPLUS -> Math.log(1 + e);
              case SILU -> x[i] / (1 + 1 / e);
            };
      }
      TALLY.near(1e-15, Tensor.of(expected), map.of(Tensor.of(x)));
    }
  }

  @Test
  void gatedLinearAttentionForgets() {
    GatedLinearAttention drawn = Layers.random(GatedLinearAttention.init(Layers.KEY, F64, WIDTH));
    GatedLinearAttention constant =
        new GatedLinearAttention(
            drawn.projections(),
            Layers.constantGate(WIDTH, 0.3),
            drawn.map(),
            drawn.weighting(),
            4,
            drawn.form());
    Rows at = drawn.projections().of(x(9));
    double a = 1 / (1 + Math.exp(-0.3));
    Tensor decay = Tensor.full(F64, a, SAMPLES, 9);
    var tokens = new LinearRule.Tokens(at.q(), at.k(), at.v(), decay);
    var expected = LinearRule.read(tokens, content(), 3, drawn.form());
    Out<Tensor> given = constant.apply(x(9), content());
    TALLY.near(1e-13, expected.output(), given.value());
    TALLY.near(1e-13, expected.carry(), given.state());
  }

  @Test
  void headsAreLayersSideBySide() {
    int size = WIDTH / 2;
    MultiHead<Tensor> heads =
        Layers.random(
            MultiHead.init(
                Layers.KEY, F64, WIDTH, 2, (key, width) -> DeltaNet.init(key, F64, width)));
    Tensor expected = x(9).zerosLike();
    for (int i = 0; i < 2; i++) {
      int head = i;
      SequenceLayer<Tensor> layer = Tree.map(heads.heads(), leaf -> leaf.get(head));
      Tensor read = layer.read(x(9).matmulTransposed(heads.input().get(i)));
      expected = expected.plus(read.matmulTransposed(heads.output().get(i)));
      TALLY.sameBits(layer.start(3), heads.start(3).moveAxis(1, 0).get(i));
    }
    TALLY.near(1e-13, expected, heads.read(x(9)));
    TALLY.equal(size, heads.input().shape().dim(1));
    TALLY.fails(
        () -> MultiHead.init(Layers.KEY, F64, 5, 2, (key, width) -> new NoMemory(F64)),
        "width of 5",
        "2 heads");
  }

  @Test
  void newHeadsAreDrawnApart() {
    MultiHead<Tensor> heads =
        MultiHead.init(Layers.KEY, F64, WIDTH, 2, (key, width) -> DeltaNet.init(key, F64, width));
    DeltaNet first = (DeltaNet) Tree.map(heads.heads(), leaf -> leaf.get(0));
    DeltaNet second = (DeltaNet) Tree.map(heads.heads(), leaf -> leaf.get(1));
    TALLY.otherBits(first.projections().wk(), second.projections().wk());
    TALLY.sameBits(x(3).zerosLike(), heads.read(x(3)));
  }

  /// With longer values the rule would multiply its memory by 1 − β ‖v‖².
  @Test
  void ojasMemoryShortensItsValues() {
    OjaMemory memory = Layers.random(OjaMemory.init(Layers.KEY, F64, WIDTH));
    TALLY.finite(memory.read(x(300).times(1000)));
    double largest = memory.read(x(300).times(1000)).abs().max().item();
    TALLY.one(largest < 10, "reads " + largest);
  }

  @Test
  void newMemoriesReadNothingAndForgetLittle() {
    for (SequenceLayer<Tensor> memory :
        List.<SequenceLayer<Tensor>>of(
            GatedDeltaNet.init(Layers.KEY, F64, WIDTH),
            DeltaNet.init(Layers.KEY, F64, WIDTH),
            LinearAttention.init(Layers.KEY, F64, WIDTH),
            GatedLinearAttention.init(Layers.KEY, F64, WIDTH),
            OjaMemory.init(Layers.KEY, F64, WIDTH))) {
      Out<Tensor> out = memory.apply(x(3), memory.start(SAMPLES));
      TALLY.sameBits(x(3).zerosLike(), out.value());
      TALLY.sameBits(memory.start(SAMPLES), out.state());
    }
    GatedDeltaNet gated = GatedDeltaNet.init(Layers.KEY, F64, WIDTH);
    Tensor gates = gated.gates().apply(x(1)).sigmoid().get(0).get(0);
    TALLY.near(1e-15, Tensor.of(0.5, 1 / (1 + Math.exp(-2))), gates);
  }

  @Test
  void memoriesStartFromTheLearnedContentInEachSample() {
    GatedDeltaNet gated = gated(0, 0);
    DeltaNet delta = delta(0);
    OjaMemory oja = Layers.random(OjaMemory.init(Layers.KEY, F64, WIDTH));
    for (int i = 0; i < 5; i++) {
      TALLY.sameBits(gated.initial(), gated.start(5).get(i));
      TALLY.sameBits(delta.initial(), delta.start(5).get(i));
      TALLY.sameBits(oja.initial(), oja.start(5).get(i));
    }
  }

  @Test
  void noMemoryReadsNothingAndHasNoParameters() {
    NoMemory none = new NoMemory(DType.FLOAT32);
    TALLY.equal(List.of(), Tree.leaves(none));
    TALLY.equal(0, none.start(3).shape().size());
    Tensor x = x(6).cast(DType.FLOAT32);
    Out<Tensor> out = none.apply(x, none.start(3));
    TALLY.sameBits(x.zerosLike(), out.value());
    TALLY.sameBits(none.start(3), out.state());
  }
}
