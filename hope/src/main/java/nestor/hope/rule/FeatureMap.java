package nestor.hope.rule;

import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;

/// The feature map φ of linear attention, Behrouz et al., "Nested Learning" (2025), equation 5;
/// element by element, so of any shape.
///
/// ```java
/// Tensor queries = FeatureMap.ELU_PLUS_ONE.of(q); // [samples, time, width]
/// Tensor keys = FeatureMap.ELU_PLUS_ONE.of(k);
/// Tensor weights = queries.matmulTransposed(keys); // above 0
/// ```
public enum FeatureMap {
  /// x
  IDENTITY {
    @Override
    public Tensor of(Tensor x) {
      return x;
    }
  },
  /// elu(x) + 1, above 0 everywhere, Katharopoulos et al., "Transformers are RNNs" (2020)
  ELU_PLUS_ONE {
    @Override
    public Tensor of(Tensor x) {
      Tensor positive = x.relu();
      return positive.plus(x.minus(positive).exp());
    }
  },
  /// max(x, 0)
  RELU {
    @Override
    public Tensor of(Tensor x) {
      return x.relu();
    }
  },
  /// ln(1 + eˣ), above 0 everywhere
  SOFTPLUS {
    @Override
    public Tensor of(Tensor x) {
      return x.softplus();
    }
  },
  /// x σ(x), Yang et al., "Parallelizing linear transformers with the delta rule" (2024)
  SILU {
    @Override
    public Tensor of(Tensor x) {
      return Activations.silu(x);
    }
  };

  /// φ of every element.
  public abstract Tensor of(Tensor x);

  /// Whether no feature is below 0, so that weights made of them can be normalized.
  public boolean isPositive() {
    return switch (this) {
      case ELU_PLUS_ONE, RELU, SOFTPLUS -> true;
      case IDENTITY, SILU -> false;
    };
  }
}
