package nestor.cms;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.meta.Level;

/// A continuum memory system, Behrouz et al., "Nested Learning" (2025), equations 70 and 71: a
/// chain of blocks that are written at different frequencies, y = MLP⁽ᵏ⁾(… MLP⁽¹⁾(x)), the first
/// the most often. What writes them is a [Level] for each block.
///
/// @param blocks in the order in which they are applied
public record Cms(List<CmsBlock> blocks) {
  /// A chain of blocks with twice as many hidden units as the width.
  public static Cms init(Key key, DType dtype, int width, int blocks) {
    List<CmsBlock> chain = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      chain.add(CmsBlock.init(key.fold(i), dtype, width, 2 * width));
    }
    return new Cms(List.copyOf(chain));
  }

  /// The chain's output `[..., width]` for `[..., width]`.
  public Tensor apply(Tensor x) {
    Tensor y = x;
    for (CmsBlock block : blocks) {
      y = block.apply(y);
    }
    return y;
  }

  /// One level for each period: the level `cms-<period>` writes the block at its period's place, at
  /// every step that is a multiple of the period.
  ///
  /// @param path where the systems stand in the parameters, such as `layers.*.cms`; empty for a
  ///   system that is all there is
  /// @param periods one for each block, different from one another
  public static List<Level> levels(String path, int... periods) {
    String blocks = path.isEmpty() ? "blocks." : path + ".blocks.";
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < periods.length; i++) {
      levels.add(Level.of("cms-" + periods[i], blocks + i + ".**").every(periods[i]));
    }
    return levels;
  }
}
