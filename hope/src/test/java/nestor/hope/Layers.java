package nestor.hope;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.FastMemory;
import nestor.hope.rule.FeatureMap;
import nestor.hope.rule.Form;
import nestor.hope.rule.Positions;

/// Every sequence layer, with parameters that are all different from 0, and what it reads. A new
/// layer stands in [#all] and is held to all laws.
final class Layers {
  static final Key KEY = Key.of(101);
  static final int WIDTH = 4;

  private static final DType F64 = DType.FLOAT64;

  private Layers() {}

  /// A layer and other forms of the same.
  ///
  /// @param layer in the recurrent form, if it has forms
  /// @param others the same in the chunk-parallel form, by chunks of different sizes
  record Case<S>(String name, SequenceLayer<S> layer, List<SequenceLayer<S>> others) {
    /// The layer in each of its forms, but with one size of chunks.
    List<SequenceLayer<S>> forms() {
      return others.isEmpty() ? List.of(layer) : List.of(layer, others.get(1));
    }

    /// What is left of three other tokens of each sample.
    S state(int samples) {
      return state(layer, samples);
    }

    /// What a layer of this kind has left of three other tokens of each sample.
    S state(SequenceLayer<S> like, int samples) {
      Tensor before = tokens("before", samples, 3, WIDTH);
      return like.apply(before, like.start(samples)).state();
    }
  }

  static List<Case<?>> all() {
    return List.of(
        delta("delta", DeltaNet.init(KEY, F64, WIDTH)),
        delta("delta to 2", DeltaNet.init(KEY, F64, WIDTH).withStrength(WriteStrength.UP_TO_TWO)),
        gated("gated delta", GatedDeltaNet.init(KEY, F64, WIDTH)),
        gated(
            "gated delta to 2",
            GatedDeltaNet.init(KEY, F64, WIDTH).withStrength(WriteStrength.UP_TO_TWO)),
        linear("linear", FeatureMap.IDENTITY, Weighting.SUM),
        linear("linear silu", FeatureMap.SILU, Weighting.SUM),
        linear("linear mean", FeatureMap.ELU_PLUS_ONE, Weighting.MEAN),
        gatedLinear("gated linear", FeatureMap.IDENTITY, Weighting.SUM),
        gatedLinear("gated linear mean", FeatureMap.SOFTPLUS, Weighting.MEAN),
        oja(),
        plain("softmax", SoftmaxAttention.init(KEY, F64, WIDTH, 2, 2)),
        plain(
            "softmax without positions",
            SoftmaxAttention.init(KEY, F64, WIDTH, 1, 3).withPositions(Positions.NONE)),
        window(1),
        window(3),
        window(20),
        plain("convolution", ShortConvolution.init(F64, WIDTH, 4)),
        convolved(),
        titans("titans", Titans.init(KEY, F64, WIDTH, 3).withChunk(1)),
        titans("titans by 4", Titans.init(KEY, F64, WIDTH, 3).withChunk(4)),
        titans("titans of a matrix by 2", Titans.linear(KEY, F64, WIDTH).withChunk(2)),
        selfModifying("self-modifying", SelfModifyingTitans.linear(KEY, F64, WIDTH).withChunk(1)),
        selfModifying(
            "self-modifying by 4",
            SelfModifyingTitans.linear(KEY, F64, WIDTH).withQueryMemory().withChunk(4)),
        selfModifying(
            "self-modifying, deep, by 2",
            SelfModifyingTitans.deep(KEY, F64, WIDTH, 3).withChunk(2)),
        heads(),
        plain("lstm", Lstm.init(KEY, F64, WIDTH, 3)),
        plain("none", new NoMemory(F64)));
  }

  private static <S> Case<S> plain(String name, SequenceLayer<S> layer) {
    return new Case<>(name, random(layer), List.of());
  }

  private static Case<?> delta(String name, DeltaNet initial) {
    DeltaNet layer = random(initial);
    return new Case<>(
        name,
        layer.withForm(Form.RECURRENT),
        List.of(layer.withChunk(1), layer.withChunk(2), layer.withChunk(4), layer));
  }

  private static Case<?> gated(String name, GatedDeltaNet initial) {
    GatedDeltaNet layer = random(initial);
    return new Case<>(
        name,
        layer.withForm(Form.RECURRENT),
        List.of(layer.withChunk(1), layer.withChunk(2), layer.withChunk(4), layer));
  }

  private static Case<?> linear(String name, FeatureMap map, Weighting weighting) {
    LinearAttention layer = random(LinearAttention.init(KEY, F64, WIDTH).with(map, weighting));
    return new Case<>(
        name,
        layer.withForm(Form.RECURRENT),
        List.of(layer.withChunk(1), layer.withChunk(2), layer.withChunk(4), layer));
  }

  private static Case<?> gatedLinear(String name, FeatureMap map, Weighting weighting) {
    GatedLinearAttention layer =
        random(GatedLinearAttention.init(KEY, F64, WIDTH).with(map, weighting));
    return new Case<>(
        name,
        layer.withForm(Form.RECURRENT),
        List.of(layer.withChunk(1), layer.withChunk(2), layer.withChunk(4), layer));
  }

  private static Case<?> oja() {
    OjaMemory layer = random(OjaMemory.init(KEY, F64, WIDTH));
    return new Case<>(
        "oja",
        layer.withForm(Form.RECURRENT),
        List.of(layer.withChunk(1), layer.withChunk(2), layer.withChunk(4), layer));
  }

  private static Case<?> window(int window) {
    var layer =
        random(SlidingWindowAttention.of(HeadProjections.init(KEY, F64, WIDTH, 2, 2), window));
    return new Case<>(
        "window of " + window,
        layer.withForm(Form.RECURRENT),
        List.of(layer.withChunk(1), layer.withChunk(2), layer.withChunk(4), layer));
  }

  private static Case<?> convolved() {
    GatedDeltaNet layer = GatedDeltaNet.init(KEY, F64, WIDTH);
    return new Case<>(
        "convolved gated delta",
        random(Convolved.of(layer.withForm(Form.RECURRENT), F64, WIDTH, 4)),
        List.of(
            random(Convolved.of(layer.withChunk(1), F64, WIDTH, 4)),
            random(Convolved.of(layer.withChunk(2), F64, WIDTH, 4)),
            random(Convolved.of(layer.withChunk(4), F64, WIDTH, 4))));
  }

  private static <M extends FastMemory> Case<?> titans(String name, Titans<M> initial) {
    Titans<M> layer = random(initial);
    return new Case<>(name, layer.withForm(Form.RECURRENT), List.of(layer, layer));
  }

  private static Case<?> selfModifying(String name, SelfModifyingTitans initial) {
    SelfModifyingTitans layer = random(initial);
    return new Case<>(name, layer.withForm(Form.RECURRENT), List.of(layer, layer));
  }

  private static Case<?> heads() {
    GatedDeltaNet one = GatedDeltaNet.init(KEY, F64, WIDTH / 2);
    return new Case<>(
        "heads of gated delta",
        heads(one.withForm(Form.RECURRENT)),
        List.of(heads(one.withChunk(1)), heads(one.withChunk(2)), heads(one.withChunk(4))));
  }

  private static SequenceLayer<Tensor> heads(GatedDeltaNet one) {
    return random(MultiHead.init(KEY, F64, WIDTH, 2, (key, width) -> one));
  }

  /// The tree with other numbers, normal with a standard deviation of one half.
  static <T> T random(T tree) {
    return Tree.mapWithPath(
        tree,
        (path, leaf) -> KEY.fold(path).normal(leaf.dtype(), leaf.shape().toArray()).times(0.5));
  }

  static Tensor tokens(int samples, int time, int width) {
    return tokens("tokens", samples, time, width);
  }

  private static Tensor tokens(String name, int samples, int time, int width) {
    return KEY.fold(name).normal(F64, samples, time, width);
  }

  /// A gate layer that ignores its input: its biases are the logits.
  static Linear constantGate(int width, double... logits) {
    return new Linear(Tensor.zeros(F64, logits.length, width), Tensor.of(logits));
  }

  /// The tree with floating-point leaves of one type.
  static <T> T cast(T tree, DType dtype) {
    return Tree.map(tree, leaf -> leaf.dtype().isFloat() ? leaf.cast(dtype) : leaf);
  }

  /// x with noise added to one sample at one time.
  static Tensor disturbed(Tensor x, int sample, int t) {
    double[] values = x.toDoubles();
    int features = x.shape().dim(2);
    for (int i = 0; i < features; i++) {
      values[(sample * x.shape().dim(1) + t) * features + i] += 1 + i;
    }
    return Tensor.of(x.shape(), values).cast(x.dtype());
  }
}
