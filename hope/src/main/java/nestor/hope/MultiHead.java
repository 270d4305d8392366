package nestor.hope;

import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Several layers of one kind side by side, each on its own projection of the tokens, and their
/// outputs projected together: what heads are to attention, for any memory:
///
///     y = Σ_h O_h layer_h(I_h x)
///
/// ```java
/// BiFunction<Key, Integer, DeltaNet> head = (k, size) -> DeltaNet.init(k, DType.FLOAT32, size);
/// var layer = MultiHead.init(key, DType.FLOAT32, 64, 4, head); // four heads of 16
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param input I `[heads, head width, width]`
/// @param heads a layer whose leaves `[heads, ...]` are those of all heads
/// @param output O `[heads, width, head width]`
public record MultiHead<S>(Tensor input, SequenceLayer<S> heads, Tensor output)
    implements SequenceLayer<S> {

  /// Projections of variance 1 over the size of what they read.
  ///
  /// @param width of the tokens
  /// @param heads how many, a divisor of the width
  /// @param head makes a head of a key and the width of the tokens that it reads
  public static <S> MultiHead<S> init(
      Key key,
      DType dtype,
      int width,
      int heads,
      BiFunction<Key, Integer, ? extends SequenceLayer<S>> head) {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "a width of %d cannot be shared by %d heads".formatted(width, heads));
    }
    int headWidth = width / heads;
    List<SequenceLayer<S>> layers = new ArrayList<>();
    for (int i = 0; i < heads; i++) {
      layers.add(head.apply(key.fold("head").fold(i), headWidth));
    }
    Tensor input = key.fold("input").normal(dtype, heads, headWidth, width);
    Tensor output = key.fold("output").normal(dtype, heads, width, headWidth);
    return new MultiHead<>(
        input.div(Math.sqrt(width)), stacked(layers), output.div(Math.sqrt(width)));
  }

  private static <T> T stacked(List<T> trees) {
    List<List<Tensor>> leaves = trees.stream().map(tree -> Tree.leaves(tree)).toList();
    return Tree.withLeaves(
        trees.getFirst(),
        IntStream.range(0, leaves.getFirst().size())
            .mapToObj(i -> Tensor.stack(0, leaves.stream().map(one -> one.get(i)).toList()))
            .toList());
  }

  /// The states of all heads, `[samples, heads, ...]`.
  @Override
  public S start(int samples) {
    return axes(vmap((SequenceLayer<S> head) -> head.start(samples), heads), 0, 1);
  }

  @Override
  public Out<S> apply(Tensor x, S state) {
    One<S> all = new One<>(input, heads, output, axes(state, 1, 0));
    Out<S> out = vmap((One<S> one) -> one.apply(x), all);
    return new Out<>(out.value().sum(0), axes(out.state(), 0, 1));
  }

  private static <S> S axes(S states, int from, int to) {
    return Tree.map(states, leaf -> leaf.moveAxis(from, to));
  }

  /// One head.
  private record One<S>(Tensor input, SequenceLayer<S> layer, Tensor output, S state) {
    Out<S> apply(Tensor x) {
      Out<S> out = layer.apply(x.matmulTransposed(input), state);
      return new Out<>(out.value().matmulTransposed(output), out.state());
    }
  }
}
