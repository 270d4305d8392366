package nestor.examples.original;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;

/// The network of nested-learning-framework 1.0: an input projection, layers of linear attention
/// with a memory that all samples write, residual blocks, a "self-modifier", and an output
/// projection.
///
/// Rebuilt exactly, with all that is wrong with it: the memory only grows and mixes the samples of
/// a batch, and the blocks' frequencies are never used.
///
/// @param inputProjection `[in]` to `[width]`
/// @param layers the layers
/// @param outputProjection `[width]` to `[out]`
record SeedModel(Linear inputProjection, List<Layer> layers, Linear outputProjection) {

  /// Linear attention's projections, each `[width, width]`.
  record Attention(Tensor wq, Tensor wk, Tensor wv) {}

  /// o + down(gelu(up(norm(o))))
  record Block(LayerNorm norm, Linear up, Linear down) {
    Tensor apply(Tensor o) {
      return o.plus(down.apply(Activations.gelu(up.apply(norm.apply(o)))));
    }
  }

  /// h + second(tanh(first(h)))
  record SelfModifier(Linear first, Linear second) {
    Tensor apply(Tensor h) {
      return h.plus(second.apply(first.apply(h).tanh()));
    }
  }

  /// One layer.
  record Layer(
      Attention attention,
      List<Block> blocks,
      SelfModifier selfModifier,
      LayerNorm norm1,
      LayerNorm norm2) {

    /// The layer's output for h `[batch, width]` and its memory after the write.
    Out apply(Tensor h, Tensor memory) {
      Tensor q = h.matmulTransposed(attention.wq);
      Tensor k = h.matmulTransposed(attention.wk);
      Tensor v = h.matmulTransposed(attention.wv);
      Tensor written = memory.plus(v.transposedMatmul(k).times(0.01)); // M + 0.01 Σ v kᵀ
      Tensor attended = q.matmulTransposed(written);
      Tensor normal = norm1.apply(h.plus(attended));
      Tensor o = normal;
      for (Block block : blocks) {
        o = block.apply(o);
      }
      Tensor out = selfModifier.apply(norm2.apply(normal.plus(o)));
      return new Out(out, List.of(written.stopGradient()));
    }
  }

  /// A result and the memories after it.
  ///
  /// @param value the result
  /// @param memories one `[width, width]` for each layer, constants
  record Out(Tensor value, List<Tensor> memories) {}

  /// The network's sizes.
  record Sizes(int input, int output, int width, int layers) {}

  /// PyTorch's default initialization.
  static SeedModel init(Key key, DType dtype, Sizes sizes) {
    int width = sizes.width();
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      layers.add(layer(key.fold("layer").fold(i), dtype, width));
    }
    return new SeedModel(
        Linear.init(key.fold("input"), dtype, sizes.input(), width),
        List.copyOf(layers),
        Linear.init(key.fold("output"), dtype, width, sizes.output()));
  }

  private static Layer layer(Key key, DType dtype, int width) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Key block = key.fold("block").fold(i);
      blocks.add(
          new Block(
              LayerNorm.init(dtype, width),
              Linear.init(block.fold("up"), dtype, width, 2 * width),
              Linear.init(block.fold("down"), dtype, 2 * width, width)));
    }
    return new Layer(
        new Attention(
            Linear.init(key.fold("wq"), dtype, width, width).weight(),
            Linear.init(key.fold("wk"), dtype, width, width).weight(),
            Linear.init(key.fold("wv"), dtype, width, width).weight()),
        List.copyOf(blocks),
        new SelfModifier(
            Linear.init(key.fold("first"), dtype, width, width),
            Linear.init(key.fold("second"), dtype, width, width)),
        LayerNorm.init(dtype, width),
        LayerNorm.init(dtype, width));
  }

  /// Empty memories.
  List<Tensor> emptyMemories() {
    return layers.stream().map(layer -> layer.attention().wq().zerosLike()).toList();
  }

  /// The prediction `[batch, out]` for x `[batch, in]`, and the memories after it.
  Out apply(Tensor x, List<Tensor> memories) {
    Tensor h = inputProjection.apply(x);
    List<Tensor> written = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      Out out = layers.get(i).apply(h, memories.get(i));
      h = out.value();
      written.addAll(out.memories());
    }
    return new Out(outputProjection.apply(h), List.copyOf(written));
  }
}
