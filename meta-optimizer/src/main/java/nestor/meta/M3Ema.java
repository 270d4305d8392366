package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// M3, multi-scale momentum Muon, with exponential means where algorithm 1 of Behrouz et al.,
/// "Nested Learning" (2025), has sums, see [M3Paper]. At every step
///
///     M1 ← beta1 · M1 + (1 − beta1) g,   V ← beta2 · V + (1 − beta2) g²
///     Θ ← Θ − rate · (NS(M1) + mix · O2) / (√V + epsilon)
///
/// and after every f steps, with s the sum of their f gradients,
///
///     M2 ← beta3 · M2 + (1 − beta3) s,   O2 ← NS(M2)
///
/// which counts from the next step on; O2 = 0 before. There is no correction of the start of V, so
/// the first step is 1 / √(1 − beta2) times as large as later ones. What is said of vectors, of
/// zeros and of the size of gradients at [M3Paper] holds here, too.
///
/// ```java
/// M3Ema m3 = M3Ema.withRate(0.001).every(5);
/// var now = m3.start(params);
/// now = m3.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param beta1 the decay of M1, rank 0
/// @param beta2 the decay of V, rank 0
/// @param beta3 the decay of M2, rank 0
/// @param mix the factor α of the slow direction, rank 0
/// @param epsilon what is added to the root, rank 0
/// @param every f, the steps of a block, at least 1
public record M3Ema(
    Tensor rate, Tensor beta1, Tensor beta2, Tensor beta3, Tensor mix, Tensor epsilon, int every)
    implements WithMomentum {
  /// Blocks of at least one step.
  public M3Ema {
    M3.requirePeriod(every);
  }

  /// Betas 0.9, 0.95 and 0.9, a mix of 0.5, an epsilon of 1e-8 and blocks of ten steps; the paper
  /// names no values.
  public static M3Ema withRate(double rate) {
    return new M3Ema(
        Tensor.scalar(rate),
        Tensor.scalar(0.9),
        Tensor.scalar(0.95),
        Tensor.scalar(0.9),
        Tensor.scalar(0.5),
        Tensor.scalar(1e-8),
        10);
  }

  @Override
  public M3Ema withRate(Tensor other) {
    return new M3Ema(other, beta1, beta2, beta3, mix, epsilon, every);
  }

  /// The decay β1 of M1, rank 0.
  @Override
  public Tensor momentum() {
    return beta1;
  }

  @Override
  public M3Ema withMomentum(Tensor other) {
    return new M3Ema(rate, other, beta2, beta3, mix, epsilon, every);
  }

  /// The same optimizer with blocks of another length.
  public M3Ema every(int steps) {
    return new M3Ema(rate, beta1, beta2, beta3, mix, epsilon, steps);
  }

  @Override
  public <T> M3State<T> start(T params) {
    return M3.start(params);
  }

  @Override
  public <T> M3State<T> next(State<T> before, T gradient) {
    M3State<T> now = (M3State<T>) before;
    T fast = Tree.zip(now.fast(), gradient, (m, g) -> Leaves.mix(beta1, m, g));
    T square = Tree.zip(now.square(), gradient, (v, g) -> Leaves.mix(beta2, v, g.square()));
    return new M3(rate, mix, epsilon, every)
        .next(now, gradient, fast, square, (m, s) -> Leaves.mix(beta3, m, s));
  }
}
