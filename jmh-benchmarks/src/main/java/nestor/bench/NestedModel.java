package nestor.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;

/// The network of the program that this project started from, rebuilt without its dead ends.
///
/// @param input `[in]` to `[width]`
/// @param output `[width]` to `[out]`
/// @param blocks what is between
record NestedModel(Linear input, Linear output, List<Block> blocks) {

  /// The sizes of the network and its batches.
  record Sizes(int in, int out, int width, int layers, int batch) {}

  /// y + down(gelu(up(norm(y))))
  record Level(LayerNorm norm, Linear up, Linear down) {
    Tensor apply(Tensor y) {
      return y.plus(down.apply(Activations.gelu(up.apply(norm.apply(y)))));
    }
  }

  /// Attention over an associative memory, three residual levels and a residual modifier.
  record Block(
      Tensor q,
      Tensor k,
      Tensor v,
      List<Level> levels,
      Linear modifierIn,
      Linear modifierOut,
      LayerNorm norm1,
      LayerNorm norm2) {

    /// The output for x `[batch, width]` and the memory `[width, width]` after the write.
    Out apply(Tensor x, Tensor memory) {
      Tensor keys = x.matmulTransposed(k);
      Tensor values = x.matmulTransposed(v);
      Tensor written = memory.plus(values.times(0.01).transposedMatmul(keys));
      Tensor recalled = x.matmulTransposed(q).matmulTransposed(written);
      Tensor attended = norm1.apply(x.plus(recalled));
      Tensor y = attended;
      for (Level level : levels) {
        y = level.apply(y);
      }
      Tensor normal = norm2.apply(attended.plus(y));
      Tensor modified = modifierOut.apply(modifierIn.apply(normal).tanh());
      return new Out(normal.plus(modified), List.of(written.stopGradient()));
    }
  }

  /// A result and the memories after it, which are constants.
  record Out(Tensor value, List<Tensor> memories) {}

  static NestedModel init(Key key, Sizes sizes) {
    int width = sizes.width();
    return new NestedModel(
        Linear.init(key.fold("input"), DType.FLOAT32, sizes.in(), width),
        Linear.init(key.fold("output"), DType.FLOAT32, width, sizes.out()),
        IntStream.range(0, sizes.layers()).mapToObj(i -> block(key.fold(i), width)).toList());
  }

  private static Block block(Key key, int width) {
    return new Block(
        linear(key, "q", width, width).weight(),
        linear(key, "k", width, width).weight(),
        linear(key, "v", width, width).weight(),
        IntStream.range(0, 3).mapToObj(i -> level(key.fold(i), width)).toList(),
        linear(key, "modifierIn", width, width),
        linear(key, "modifierOut", width, width),
        LayerNorm.init(DType.FLOAT32, width),
        LayerNorm.init(DType.FLOAT32, width));
  }

  private static Level level(Key key, int width) {
    return new Level(
        LayerNorm.init(DType.FLOAT32, width),
        linear(key, "up", width, 2 * width),
        linear(key, "down", 2 * width, width));
  }

  private static Linear linear(Key key, String name, int in, int out) {
    return Linear.init(key.fold(name), DType.FLOAT32, in, out);
  }

  /// The prediction `[batch, out]` for x `[batch, in]`.
  Out apply(Tensor x, List<Tensor> memories) {
    Tensor h = input.apply(x);
    List<Tensor> written = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      Out out = blocks.get(i).apply(h, memories.get(i));
      h = out.value();
      written.addAll(out.memories());
    }
    return new Out(output.apply(h), List.copyOf(written));
  }

  /// Empty memories.
  List<Tensor> emptyMemories() {
    return blocks.stream().map(block -> block.q().zerosLike()).toList();
  }
}
