package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.cms.Cms;

/// A sequence model of HOPE layers between two projections.
///
/// @param input `[width, in]`
/// @param layers the layers
/// @param output `[out, width]`
public record HopeModel(Linear input, List<HopeBlock> layers, Linear output) {
  /// A model's sizes.
  ///
  /// @param in the features of a token
  /// @param out the features of a prediction
  /// @param width the width between the projections
  /// @param layers the number of layers
  /// @param blocks the blocks of each layer's continuum memory system
  public record Sizes(int in, int out, int width, int layers, int blocks) {}

  /// A model whose layers are the identity until they are written, each with a memory of its own
  /// kind and width.
  ///
  /// @param memory makes a layer's memory of a key
  public static HopeModel init(
      Key key, DType dtype, Sizes sizes, Function<Key, AssociativeMemory> memory) {
    List<HopeBlock> layers = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      Key layer = key.fold("layer").fold(i);
      layers.add(
          new HopeBlock(
              memory.apply(layer.fold("memory")),
              Cms.init(layer.fold("cms"), dtype, sizes.width(), sizes.blocks())));
    }
    return new HopeModel(
        projection(key.fold("input"), dtype, sizes.in(), sizes.width()),
        List.copyOf(layers),
        projection(key.fold("output"), dtype, sizes.width(), sizes.out()));
  }

  /// Weights of variance 1/in, no bias.
  private static Linear projection(Key key, DType dtype, int in, int out) {
    return new Linear(key.normal(dtype, out, in).div(Math.sqrt(in)), Tensor.zeros(dtype, out));
  }

  /// Predictions and the memories after them.
  ///
  /// @param value `[samples, time, out]`
  /// @param states one for each layer, a memory for each sample
  public record Out(Tensor value, List<Tensor> states) {}

  /// The memories of samples that have seen nothing.
  public List<Tensor> start(int samples) {
    return layers.stream().map(layer -> layer.memory().start(samples)).toList();
  }

  /// The predictions `[samples, time, out]` for x `[samples, time, in]`.
  public Out apply(Tensor x, List<Tensor> states) {
    Tensor h = input.apply(x);
    List<Tensor> after = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      AssociativeMemory.Out out = layers.get(i).apply(h, states.get(i));
      h = out.value();
      after.add(out.state());
    }
    return new Out(output.apply(h), List.copyOf(after));
  }
}
