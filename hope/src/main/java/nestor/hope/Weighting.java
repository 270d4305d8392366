package nestor.hope;

import java.util.List;
import nestor.autodiff.Tensor;

/// How linear attention weighs the values that it finds.
public enum Weighting {
  /// By φ(q) · φ(k), whatever these add up to.
  SUM {
    @Override
    Tensor values(Tensor v) {
      return v;
    }

    @Override
    Tensor reading(Tensor y) {
      return y;
    }
  },
  /// By φ(q) · φ(k) / Σ φ(q) · φ(k): a mean of values, Katharopoulos et al., "Transformers are
  /// RNNs" (2020), equation 9. Features must not be below 0.
  MEAN {
    @Override
    Tensor values(Tensor v) {
      Tensor one = v.slice(-1, 0, 1).onesLike();
      return Tensor.concat(v.shape().rank() - 1, List.of(v, one));
    }

    @Override
    Tensor reading(Tensor y) {
      int width = y.shape().dim(-1) - 1;
      return y.slice(-1, 0, width).div(y.slice(-1, width, width + 1).plus(EPS));
    }
  };

  private static final double EPS = 1e-6;

  /// What is written for values `[..., width]`: in a mean, the sum of the weights is read beside
  /// it.
  abstract Tensor values(Tensor v);

  /// The output `[..., width]` for what was read.
  abstract Tensor reading(Tensor y);
}
