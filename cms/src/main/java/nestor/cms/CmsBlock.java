package nestor.cms;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;

/// One memory of a continuum memory system: x + down(gelu(up(norm(x)))).
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
