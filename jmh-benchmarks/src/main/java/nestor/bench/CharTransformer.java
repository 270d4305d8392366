package nestor.bench;

import static nestor.autodiff.Transform.valueAndGrad;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.Attention;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;
import nestor.autodiff.nn.Losses;
import nestor.meta.Adam;
import nestor.meta.AdamW;
import nestor.meta.GradientClip;
import nestor.train.Mode;

/// One training step of a causal Transformer on characters, of the size that nanoGPT recommends for
/// a CPU.
public final class CharTransformer implements Workload {
  private static final String NAME = "char_transformer";
  private static final AdamW ADAM_W =
      new AdamW(
          new Adam(
              Tensor.scalar(1e-3),
              Tensor.scalar(0.9),
              Tensor.scalar(0.99),
              Tensor.scalar(1e-8),
              Tensor.scalar(0)),
          Tensor.scalar(0.1));
  private static final double CLIP = 1;

  /// The sizes of the network and its batches.
  record Sizes(int batch, int time, int width, int layers, int heads, int vocabulary) {}

  /// Characters `int64[batch, time]`, and those that follow them.
  record Data(Tensor x, Tensor y) {}

  /// The network; the embedding of tokens is also its last layer.
  ///
  /// @param token `[vocabulary, width]`
  /// @param position `[time, width]`
  record Net(Tensor token, Tensor position, List<Block> blocks, LayerNorm norm) {
    static Net init(Key key, Sizes sizes) {
      int width = sizes.width();
      return new Net(
          key.fold("token").normal(DType.FLOAT32, sizes.vocabulary(), width),
          key.fold("position").normal(DType.FLOAT32, sizes.time(), width),
          IntStream.range(0, sizes.layers()).mapToObj(i -> Block.init(key.fold(i), width)).toList(),
          LayerNorm.init(DType.FLOAT32, width));
    }

    /// The mean cross-entropy over all places of a batch.
    Tensor loss(Data data, int heads) {
      int batch = data.x().shape().dim(0);
      int time = data.x().shape().dim(1);
      Tensor embedded = token.take(data.x().reshape(-1), 0).reshape(batch, time, -1);
      Tensor h = embedded.plus(position);
      for (Block block : blocks) {
        h = block.apply(h, heads);
      }
      Tensor logits = norm.apply(h).matmulTransposed(token);
      return Losses.crossEntropy(
          logits.reshape(batch * time, token.shape().dim(0)), data.y().reshape(-1));
    }
  }

  /// A pre-norm block; weights are `[out, in]`.
  record Block(
      LayerNorm norm1,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      LayerNorm norm2,
      Tensor up,
      Tensor down) {
    static Block init(Key key, int width) {
      return new Block(
          LayerNorm.init(DType.FLOAT32, width),
          weight(key.fold(0), width, width),
          weight(key.fold(1), width, width),
          weight(key.fold(2), width, width),
          weight(key.fold(3), width, width),
          LayerNorm.init(DType.FLOAT32, width),
          weight(key.fold(4), width, 4 * width),
          weight(key.fold(5), 4 * width, width));
    }

    private static Tensor weight(Key key, int in, int out) {
      return Linear.init(key, DType.FLOAT32, in, out).weight();
    }

    /// The output `[batch, time, width]` for x of that shape.
    Tensor apply(Tensor x, int heads) {
      Tensor h = x.plus(attention(norm1.apply(x), heads).matmulTransposed(out));
      Tensor hidden = Activations.gelu(norm2.apply(h).matmulTransposed(up));
      return h.plus(hidden.matmulTransposed(down));
    }

    private Tensor attention(Tensor x, int heads) {
      Tensor mixed =
          Attention.causal(
              split(x.matmulTransposed(q), heads),
              split(x.matmulTransposed(k), heads),
              split(x.matmulTransposed(v), heads),
              Math.sqrt((double) heads / x.shape().dim(2)));
      return mixed.permute(0, 2, 1, 3).reshape(x.shape());
    }

    /// `[batch, time, width]` to `[batch, head, time, width / heads]`.
    private static Tensor split(Tensor x, int heads) {
      int width = x.shape().dim(2);
      return x.reshape(x.shape().dim(0), x.shape().dim(1), heads, width / heads)
          .permute(0, 2, 1, 3);
    }
  }

  private record State(Adam.State<Net> net, Data data, Tensor loss) {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    return List.of(at(12, 64, 128, 4));
  }

  /// The step for another batch, time, width and number of layers.
  public static Case at(int batch, int time, int width, int layers) {
    Sizes sizes = new Sizes(batch, time, width, layers, 4, 65);
    Net like = Net.init(Key.of(0), sizes);
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("batch", batch);
    parameters.put("time", time);
    parameters.put("width", width);
    parameters.put("layers", layers);
    parameters.put(
        "parameters", Tree.leaves(like).stream().mapToInt(leaf -> leaf.shape().size()).sum());
    return new Training<State>(
        NAME,
        parameters,
        4,
        dtype -> Draws.in(dtype, start(sizes)),
        now -> next(now, sizes.heads()));
  }

  private static State start(Sizes sizes) {
    Net net = Net.init(Key.of(0).fold("net"), sizes);
    Key key = Key.of(0).fold("data");
    Data data =
        new Data(
            key.fold(0).integers(0, sizes.vocabulary(), sizes.batch(), sizes.time()),
            key.fold(1).integers(0, sizes.vocabulary(), sizes.batch(), sizes.time()));
    return new State(ADAM_W.start(net), data, Tensor.zeros(DType.FLOAT32));
  }

  private static State next(State now, int heads) {
    var out = valueAndGrad((Net net) -> net.loss(now.data(), heads), now.net().params());
    var clipped = GradientClip.byGlobalNorm(out.gradient(), CLIP);
    return new State(ADAM_W.next(now.net(), clipped), now.data(), out.value());
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Sizes sizes = new Sizes(2, 5, 8, 2, 2, 7);
    Net net = Draws.waves(Net.init(Key.of(0), sizes), 0.5, dtype);
    Tensor numbers = Tensor.arange(DType.INT64, 10).reshape(2, 5);
    Tensor seven = numbers.constant(7);
    Data data = new Data(numbers.times(3).remainder(seven), numbers.times(5).remainder(seven));
    var step = mode.step((State now) -> next(now, sizes.heads()));
    State now = new State(ADAM_W.start(net), data, Tensor.zeros(dtype));
    Tensor[] losses = new Tensor[3];
    for (int i = 0; i < losses.length; i++) {
      now = step.apply(now);
      losses[i] = now.loss().times(1); // a copy, since the next step takes the state over
    }
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("losses", Tensor.stack(0, List.of(losses)));
    figures.put("token", now.net().params().token());
    return figures;
  }
}
