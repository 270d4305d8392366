package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Normalization;

/// Momentum that learns by the delta rule, Behrouz et al., "Nested Learning" (2025), equation 49:
/// it forgets what it holds along the rows of the present gradient before it takes that up,
///
///     u = g / (‖g‖ + 1e-6)
///     m ← m (momentum · I − uᵀ u) − rate · g,   W ← W + m
///
/// with matrices `[rows, columns]`, the preconditioner P = I and uᵀu `[columns, columns]`. The
/// paper has g for u; then m grows without bound unless σmax(g)² < 1 + momentum. The norm is
/// Frobenius', so that σmax(u) ≤ 1, and every step keeps that bound for momenta in (0, 1). At g = 0
/// the norm counts as a constant; first derivatives are the step's own.
///
/// A vector or a number is a matrix of one row, and each matrix in the last two of more axes is
/// taken by itself.
///
/// ```java
/// DeltaMomentum delta = DeltaMomentum.withRate(0.01);
/// var now = delta.start(params);
/// now = delta.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param momentum the decay α of the memory, rank 0
public record DeltaMomentum(Tensor rate, Tensor momentum) implements WithMomentum {
  private static final double TINY = 1e-6;

  /// A momentum of 0.9.
  public static DeltaMomentum withRate(double rate) {
    return new DeltaMomentum(Tensor.scalar(rate), Tensor.scalar(0.9));
  }

  @Override
  public DeltaMomentum withRate(Tensor other) {
    return new DeltaMomentum(other, momentum);
  }

  @Override
  public DeltaMomentum withMomentum(Tensor other) {
    return new DeltaMomentum(rate, other);
  }

  /// Parameters in training.
  ///
  /// @param params W
  /// @param memory m
  public record State<T>(T params, T memory) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params, Leaves.zeros(params));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T memory = Tree.zip(now.memory(), gradient, (m, g) -> Matrices.map(this::written, m, g));
    return new State<>(Tree.zip(now.params(), memory, Tensor::plus), memory);
  }

  private Tensor written(List<Tensor> memoryAndGradient) {
    Tensor m = memoryAndGradient.get(0);
    Tensor g = memoryAndGradient.get(1);
    Tensor u = g.div(Normalization.norm(g).plus(TINY));
    Tensor known = // by the smaller of the two Gram matrices
        Matrices.isWide(u) ? m.matmulTransposed(u).matmul(u) : m.matmul(u.transposedMatmul(u));
    return Leaves.pushed(momentum, m, rate, g).minus(known);
  }
}
