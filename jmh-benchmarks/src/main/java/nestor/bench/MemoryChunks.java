package nestor.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.cms.Cms;
import nestor.hope.HopeBlock;
import nestor.hope.SelfModifyingTitans;
import nestor.hope.rule.FastMemory;
import nestor.hope.rule.Form;
import nestor.hope.rule.MlpMemory;
import nestor.hope.rule.SelfModifyingRule;
import nestor.hope.rule.SelfModifyingRule.Memories;
import nestor.hope.rule.Shortened;
import nestor.hope.rule.TitansRule;
import nestor.train.Mode;

/// Forward and backward of memories that are read chunk by chunk: the gradient of the outputs' mean
/// square with respect to all parameters.
///
/// `titans` is the memory of [MemorySequence], with its gradient at the weights that the token's
/// chunk began with; `hope` is a block of HOPE with memories that are matrices and three blocks in
/// its continuum memory system.
public final class MemoryChunks implements Workload {
  private static final String NAME = "memory_chunks";
  private static final int BLOCKS = 3;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    return List.of(
        titans(8, 256, 64, 1, Form.CHUNK_PARALLEL),
        titans(8, 256, 64, 16, Form.CHUNK_PARALLEL),
        titans(8, 256, 64, 64, Form.CHUNK_PARALLEL),
        hope(8, 256, 64, 16, Form.CHUNK_PARALLEL));
  }

  /// The Titans memory.
  ///
  /// @param chunk for how many tokens the gradient is taken at the same weights
  public static Case titans(int batch, int length, int width, int chunk, Form form) {
    return titansGradient(batch, length, width, chunk, form);
  }

  private static SequenceGradient<TitansMemory> titansGradient(
      int batch, int length, int width, int chunk, Form form) {
    return new SequenceGradient<>(
        NAME,
        size("titans", batch, length, width, chunk),
        key -> TitansMemory.init(key, width),
        (p, x) -> over(p, x, chunk, form),
        Shape.of(batch, length, width));
  }

  /// The answers `[batch, time, width]` to x `[batch, time, width]`, without momentum.
  private static Tensor over(TitansMemory p, Tensor x, int chunk, Form form) {
    int batch = x.shape().dim(0);
    Tensor gates = x.matmul(p.gate()).sigmoid();
    Tensor rate = gates.slice(2, 0, 1).reshape(batch, -1).times(0.5);
    Tensor forgetting = gates.slice(2, 1, 2).reshape(batch, -1).neg().plus(1).times(0.1);
    var tokens =
        new TitansRule.Tokens(
            MemorySequence.normalized(x.matmul(p.q())),
            MemorySequence.normalized(x.matmul(p.k())),
            x.matmul(p.v()),
            rate,
            rate.zerosLike(),
            forgetting);
    var start = TitansRule.start(new MlpMemory(p.w1(), p.w2()), batch);
    return TitansRule.read(tokens, start, chunk, form).output();
  }

  /// A block of HOPE.
  ///
  /// @param chunk for how many tokens everything is made by the same memories
  public static Case hope(int batch, int length, int width, int chunk, Form form) {
    return hopeGradient(batch, length, width, chunk, form);
  }

  private static SequenceGradient<HopeBlock<SelfModifyingRule.State>> hopeGradient(
      int batch, int length, int width, int chunk, Form form) {
    return new SequenceGradient<>(
        NAME,
        size("hope", batch, length, width, chunk),
        key -> block(key, width, chunk, form),
        HopeBlock::read,
        Shape.of(batch, length, width));
  }

  /// A block none of whose parameters are 0, where most of a new one's are. Its values are those of
  /// the paper, which a new layer shortens.
  private static HopeBlock<SelfModifyingRule.State> block(
      Key key, int width, int chunk, Form form) {
    var layer = SelfModifyingTitans.linear(key, DType.FLOAT32, width);
    Memories m = layer.memories();
    FastMemory values = ((Shortened) m.value()).network();
    var memory =
        new SelfModifyingTitans(
            layer.norm(),
            new Memories(m.key(), values, m.query(), m.rate(), m.decay(), m.memory()),
            chunk,
            form);
    var block = new HopeBlock<>(memory, Cms.init(key, DType.FLOAT32, width, BLOCKS));
    return Tree.mapWithPath(
        block,
        (path, leaf) ->
            key.fold(path).normal(DType.FLOAT32, leaf.shape().toArray()).div(Math.sqrt(width)));
  }

  private static Map<String, Object> size(
      String kind, int batch, int length, int width, int chunk) {
    Map<String, Object> size = SequenceGradient.size(kind, batch, length, width);
    size.put("chunk", chunk);
    return size;
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Map<String, Tensor> figures = new LinkedHashMap<>();
    for (int chunk : new int[] {1, 3}) {
      SequenceGradient<?> titans = titansGradient(2, 6, 3, chunk, Form.CHUNK_PARALLEL);
      figures.put("titans" + chunk, titans.small(mode, dtype));
    }
    SequenceGradient<?> hope = hopeGradient(2, 6, 3, 3, Form.CHUNK_PARALLEL);
    figures.put("hope3", hope.small(mode, dtype));
    return figures;
  }
}
