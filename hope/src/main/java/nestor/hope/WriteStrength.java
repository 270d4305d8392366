package nestor.hope;

import nestor.autodiff.Tensor;

/// How strongly a token may write. Along a key k of norm 1 a delta rule multiplies its memory by 1
/// − β, an eigenvalue of the recurrence.
public enum WriteStrength {
  /// β = σ(z) in (0, 1): what stood at the key fades; eigenvalues in (0, 1).
  UP_TO_ONE {
    @Override
    public Tensor of(Tensor logits) {
      return logits.sigmoid();
    }
  },
  /// β = 2 σ(z) in (0, 2): what stood at the key may change its sign; eigenvalues in (−1, 1), as
  /// tracking a state such as a parity needs, Grazzi et al., "Unlocking state-tracking in linear
  /// RNNs through negative eigenvalues" (2024).
  UP_TO_TWO {
    @Override
    public Tensor of(Tensor logits) {
      return logits.sigmoid().times(2);
    }
  };

  /// β for a gate's output z, of any shape.
  public abstract Tensor of(Tensor logits);
}
