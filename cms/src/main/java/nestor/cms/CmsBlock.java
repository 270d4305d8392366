package nestor.cms;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;

/// One memory of a continuum memory system, the MLP⁽ˡ⁾ of Behrouz et al., "Nested Learning" (2025),
/// equation 70, whose form the paper leaves open:
///
///     y = x + down(gelu(up(norm(x))))
///
/// ```java
/// Block block = CmsBlock.init(key, FLOAT32, width, 2 * width);
/// Cms cms = Cms.Sequential.of(block); // an ordinary MLP block, as long as nothing writes it
/// Tensor y = cms.apply(x); // x, y [..., width]
/// ```
///
/// @param norm over the width
/// @param up `[hidden, width]`
/// @param down `[width, hidden]`
public record CmsBlock(LayerNorm norm, Linear up, Linear down) implements Block {
  /// A block that is the identity until it is written: `down` starts at 0.
  public static CmsBlock init(Key key, DType dtype, int width, int hidden) {
    return new CmsBlock(
        LayerNorm.init(dtype, width),
        Linear.init(key, dtype, width, hidden),
        new Linear(Tensor.zeros(dtype, width, hidden), Tensor.zeros(dtype, width)));
  }

  @Override
  public Tensor apply(Tensor x) {
    return x.plus(down.apply(Activations.gelu(up.apply(norm.apply(x)))));
  }
}
