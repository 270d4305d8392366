package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// M3, multi-scale momentum Muon, Behrouz et al., "Nested Learning" (2025), algorithm 1 as printed,
/// whose momenta are sums. With NS for five quintic Newton–Schulz iterations, at every step
///
///     M1 ← M1 + beta1 · g,   V ← V + beta2 · g²
///     Θ ← Θ − rate · (NS(M1) + mix · O2) / (√V + epsilon)
///
/// and after every f steps, with s the sum of their f gradients,
///
///     M2 ← M2 + beta3 · s,   O2 ← NS(M2)
///
/// which counts from the next step on; O2 = 0 before. Only these steps compute NS(M2), also in
/// compiled and scanned steps. Three things to know: NS does not see the size of gradients but √V
/// does, so gradients 100 times as large give steps 100 times as small; M1 forgets nothing, so
/// steps swing around a minimum until V, which only grows, has damped them; and NS does not see
/// beta1 and beta3 either, which only meet its 1e-7 in norms. [M3Ema] has means instead of sums.
/// Equation 75 contradicts algorithm 1 in sign and beta; the algorithm is followed.
///
/// The paper says nothing of parameters that are no matrices: of a vector or a number NS(m) is m /
/// ‖m‖, and each matrix in the last two of more axes is taken by itself. An element whose gradient
/// is always 0 while its row and column have others makes steps of up to rate / epsilon. Where √V
/// is 0 it counts as a constant in derivatives.
///
/// ```java
/// M3Paper m3 = M3Paper.withRate(0.01).every(5);
/// var now = m3.start(params);
/// now = m3.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param beta1 the factor of a gradient in M1, rank 0
/// @param beta2 the factor of a squared gradient in V, rank 0
/// @param beta3 the factor of a block's sum in M2, rank 0
/// @param mix the factor α of the slow direction, rank 0
/// @param epsilon what is added to the root, rank 0
/// @param every f, the steps of a block, at least 1
public record M3Paper(
    Tensor rate, Tensor beta1, Tensor beta2, Tensor beta3, Tensor mix, Tensor epsilon, int every)
    implements Rated {
  /// Blocks of at least one step.
  public M3Paper {
    M3.requirePeriod(every);
  }

  /// Betas 0.9, 0.999 and 0.9, a mix of 0.5, an epsilon of 1e-8 and blocks of ten steps; the paper
  /// names no values.
  public static M3Paper withRate(double rate) {
    return new M3Paper(
        Tensor.scalar(rate),
        Tensor.scalar(0.9),
        Tensor.scalar(0.999),
        Tensor.scalar(0.9),
        Tensor.scalar(0.5),
        Tensor.scalar(1e-8),
        10);
  }

  @Override
  public M3Paper withRate(Tensor other) {
    return new M3Paper(other, beta1, beta2, beta3, mix, epsilon, every);
  }

  /// The same optimizer with blocks of another length.
  public M3Paper every(int steps) {
    return new M3Paper(rate, beta1, beta2, beta3, mix, epsilon, steps);
  }

  @Override
  public <T> M3State<T> start(T params) {
    return M3.start(params);
  }

  @Override
  public <T> M3State<T> next(State<T> before, T gradient) {
    M3State<T> now = (M3State<T>) before;
    T fast = Tree.zip(now.fast(), gradient, (m, g) -> added(m, beta1, g));
    T square = Tree.zip(now.square(), gradient, (v, g) -> added(v, beta2, g.square()));
    return new M3(rate, mix, epsilon, every)
        .next(now, gradient, fast, square, (m, s) -> added(m, beta3, s));
  }

  private static Tensor added(Tensor sum, Tensor factor, Tensor term) {
    return sum.plus(term.times(Leaves.as(factor, term)));
  }
}
