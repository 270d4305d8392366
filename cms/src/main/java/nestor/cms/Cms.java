package nestor.cms;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Normalization;
import nestor.meta.Level;

/// A continuum memory system, Behrouz et al., "Nested Learning" (2025), equations 70 and 71: blocks
/// that are written at different frequencies, the first the most often. This is what it computes;
/// what writes it is a [Level] for each block across training steps, and [OnlineCms] within a
/// sequence.
///
/// With one block that is never written it is an ordinary MLP block.
///
/// ```java
/// Cms.Sequential chain = Cms.init(key, FLOAT32, width, 3);
/// Cms heads = new Cms.HeadWise(chain.blocks(), Tensor.zeros(FLOAT32, 3)); // the same side by side
/// Tensor y = heads.apply(x); // [..., width]
/// ```
public sealed interface Cms {
  /// The blocks, from the one that is written the most often to the one that is the least.
  List<Block> blocks();

  /// The output `[..., width]` for `[..., width]`.
  Tensor apply(Tensor x);

  /// The same system with other blocks.
  Cms with(List<Block> others);

  /// A chain, equations 70 and 73: y = MLP⁽ᵏ⁾(… MLP⁽¹⁾(x)).
  ///
  /// @param blocks in the order in which they are applied
  record Sequential(List<Block> blocks) implements Cms {
    /// A chain of these blocks.
    public static Sequential of(Block... blocks) {
      return new Sequential(List.of(blocks));
    }

    @Override
    public Tensor apply(Tensor x) {
      Tensor y = x;
      for (Block block : blocks) {
        y = block.apply(y);
      }
      return y;
    }

    @Override
    public Sequential with(List<Block> others) {
      return new Sequential(others);
    }
  }

  /// Independent blocks side by side, equation 74, whose outputs a learned weighted mean
  /// aggregates:
  ///
  ///     y = Σₗ wₗ MLP⁽ˡ⁾(x),   w = softmax(logits)
  ///
  /// The weights sum to 1, so that residual blocks that are the identity give the identity. No
  /// level of the system owns the logits: they are learned with whatever is outside it.
  ///
  /// @param blocks one for each level
  /// @param logits `[blocks]`
  record HeadWise(List<Block> blocks, Tensor logits) implements Cms {
    /// These blocks with equal weights.
    public static HeadWise of(DType dtype, Block... blocks) {
      if (blocks.length == 0) {
        throw new IllegalArgumentException("a system has at least one block");
      }
      return new HeadWise(List.of(blocks), Tensor.zeros(dtype, blocks.length));
    }

    @Override
    public Tensor apply(Tensor x) {
      Tensor weights = Normalization.softmax(logits, -1);
      Tensor y = blocks.getFirst().apply(x).times(weights.get(0));
      for (int i = 1; i < blocks.size(); i++) {
        y = y.plus(blocks.get(i).apply(x).times(weights.get(i)));
      }
      return y;
    }

    @Override
    public HeadWise with(List<Block> others) {
      return new HeadWise(others, logits);
    }
  }

  /// A chain of blocks with twice as many hidden units as the width.
  static Sequential init(Key key, DType dtype, int width, int blocks) {
    List<Block> chain = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      chain.add(CmsBlock.init(key.fold(i), dtype, width, 2 * width));
    }
    return new Sequential(List.copyOf(chain));
  }

  /// One level for each period: the level `cms-<period>` writes the block at its period's place, at
  /// every training step that is a multiple of the period. The logits of [HeadWise] belong to a
  /// level of their own choice.
  ///
  /// @param path where the systems stand in the parameters, such as `layers.*.cms`; empty for a
  ///   system that is all there is
  /// @param periods one for each block, different from one another
  static List<Level> levels(String path, int... periods) {
    String blocks = path.isEmpty() ? "blocks." : path + ".blocks.";
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < periods.length; i++) {
      levels.add(Level.of("cms-" + periods[i], blocks + i + ".**").every(periods[i]));
    }
    return levels;
  }
}
