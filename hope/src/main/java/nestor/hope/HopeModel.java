package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.cms.Cms;

/// A sequence model of HOPE layers, Behrouz et al., "Nested Learning" (2025), equations 94 to 97,
/// between two projections: y = output(layer_L(… layer₁(input(x)))); see [HopeBlock].
///
/// ```java
/// var sizes = new HopeModel.Sizes(4, 2, 64, 3, 2);
/// var model = HopeModel.init(key, DType.FLOAT32, sizes, k -> DeltaNet.init(k, DType.FLOAT32, 64));
/// Tensor y = model.read(x); // x [8, time, 4], y [8, time, 2]
/// ```
///
/// @param input `[width, in]`
/// @param layers the layers
/// @param output `[out, width]`
public record HopeModel<S>(Linear input, List<HopeBlock<S>> layers, Linear output)
    implements SequenceLayer<List<S>> {
  /// A model's sizes.
  ///
  /// @param in the features of a token
  /// @param out the features of a prediction
  /// @param width the width between the projections
  /// @param layers the number of layers
  /// @param blocks the blocks of each layer's continuum memory system
  public record Sizes(int in, int out, int width, int layers, int blocks) {
    /// The same with another width.
    public Sizes withWidth(int other) {
      return new Sizes(in, out, other, layers, blocks);
    }

    /// The same with another number of blocks.
    public Sizes withBlocks(int other) {
      return new Sizes(in, out, width, layers, other);
    }
  }

  /// A model whose layers are the identity until they are written, each with a memory of its own
  /// kind and width.
  ///
  /// @param memory makes a layer's memory of a key
  public static <S> HopeModel<S> init(
      Key key, DType dtype, Sizes sizes, Function<Key, ? extends SequenceLayer<S>> memory) {
    List<HopeBlock<S>> layers = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      Key layer = key.fold("layer").fold(i);
      layers.add(
          new HopeBlock<>(
              memory.apply(layer.fold("memory")),
              Cms.init(layer.fold("cms"), dtype, sizes.width(), sizes.blocks())));
    }
    return new HopeModel<>(
        projection(key.fold("input"), dtype, sizes.in(), sizes.width()),
        List.copyOf(layers),
        projection(key.fold("output"), dtype, sizes.width(), sizes.out()));
  }

  /// Weights of variance 1/in, no bias.
  private static Linear projection(Key key, DType dtype, int in, int out) {
    return new Linear(key.normal(dtype, out, in).div(Math.sqrt(in)), Tensor.zeros(dtype, out));
  }

  @Override
  public List<S> start(int samples) {
    return layers.stream().map(layer -> layer.start(samples)).toList();
  }

  /// The predictions `[samples, time, out]` for x `[samples, time, in]`.
  @Override
  public Out<List<S>> apply(Tensor x, List<S> states) {
    Tensor h = input.apply(x);
    List<S> after = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      Out<S> out = layers.get(i).apply(h, states.get(i));
      h = out.value();
      after.add(out.state());
    }
    return new Out<>(output.apply(h), List.copyOf(after));
  }
}
