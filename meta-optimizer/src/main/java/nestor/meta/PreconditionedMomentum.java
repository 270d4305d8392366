package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Normalization;

/// Momentum with a preconditioner that learns online, Behrouz et al., "Nested Learning" (2025),
/// equation 47:
///
///     m ← momentum · m − rate · P g,   W ← W + m
///
/// Equations 38 to 41 make P an associative memory that is trained by gradient descent, and leave
/// its objective open. Here it is shown u = √k g / ‖g‖ `[k, columns]` at each step and learns to
/// whiten,
///
///     ℓ(P; u) = ½ ‖P u‖² − tr P + ½ damping ‖P − I‖²
///     P ← P − learning / (k + damping) · (P (u uᵀ + damping I) − (1 + damping) I)
///
/// from P = I, before it is used. The objective is convex; where the mean of u uᵀ is R, its minimum
/// is P = (1 + damping) (R + damping I)⁻¹, the inverse of a Fisher matrix: P stays I for gradients
/// with R = I, and amplifies rare directions by at most 1 + 1 / damping. Since ‖u‖² = k, learning
/// rates up to 1 keep that bound at every step, and below 2 the recursion is stable. P is not
/// symmetric while it learns, so P g need not be a direction of descent before it has settled.
///
/// A matrix of more rows than columns is transposed, so that k is the smaller of its sizes, and
/// each matrix in the last two of more axes is taken by itself. Numbers and vectors have no P: they
/// get plain [Momentum]. At g = 0 the norm counts as a constant.
///
/// ```java
/// PreconditionedMomentum optimizer = PreconditionedMomentum.withRate(0.01);
/// var now = optimizer.start(params);
/// now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param momentum the decay α of the memory, rank 0
/// @param learning the rate of P's own steps, rank 0
/// @param damping how strongly P is drawn to I, rank 0
public record PreconditionedMomentum(Tensor rate, Tensor momentum, Tensor learning, Tensor damping)
    implements WithMomentum {
  private static final double TINY = 1e-6;

  /// A momentum of 0.9, a learning rate of 0.5 and a damping of 0.1.
  public static PreconditionedMomentum withRate(double rate) {
    return new PreconditionedMomentum(
        Tensor.scalar(rate), Tensor.scalar(0.9), Tensor.scalar(0.5), Tensor.scalar(0.1));
  }

  @Override
  public PreconditionedMomentum withRate(Tensor other) {
    return new PreconditionedMomentum(other, momentum, learning, damping);
  }

  @Override
  public PreconditionedMomentum withMomentum(Tensor other) {
    return new PreconditionedMomentum(rate, other, learning, damping);
  }

  /// Parameters in training.
  ///
  /// @param params W
  /// @param memory m
  /// @param preconditioner P, a tree like the parameters with `[k, k]` for each of their matrices,
  ///   and a 0 that is not used for the others
  public record State<T>(T params, T memory, T preconditioner) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    T identity = Tree.map(params, leaf -> Matrices.squares(leaf, k -> Tensor.eye(leaf.dtype(), k)));
    return new State<>(params, Leaves.zeros(params), identity);
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T preconditioner = Tree.zip(now.preconditioner(), gradient, this::learned);
    T direction = Tree.zip(preconditioner, gradient, PreconditionedMomentum::conditioned);
    T memory = Tree.zip(now.memory(), direction, (m, d) -> Leaves.pushed(momentum, m, rate, d));
    return new State<>(Tree.zip(now.params(), memory, Tensor::plus), memory, preconditioner);
  }

  private Tensor learned(Tensor preconditioner, Tensor gradient) {
    return Matrices.isMatrix(gradient)
        ? Matrices.map(this::descended, preconditioner, gradient)
        : preconditioner;
  }

  private Tensor descended(List<Tensor> preconditionerAndGradient) {
    Tensor p = preconditionerAndGradient.get(0);
    Tensor g = preconditionerAndGradient.get(1);
    int k = Matrices.width(g);
    Tensor u = g.div(Normalization.norm(g).plus(TINY)).times(Math.sqrt(k));
    Tensor pull = Leaves.as(damping, p);
    Tensor known =
        Matrices.isTall(u) ? p.matmul(u.transposedMatmul(u)) : p.matmul(u).matmulTransposed(u);
    Tensor target = Tensor.eye(p.dtype(), k).times(pull.plus(1));
    Tensor surprise = known.plus(p.times(pull)).minus(target);
    return p.minus(surprise.times(Leaves.as(learning, p).div(pull.plus(k))));
  }

  private static Tensor conditioned(Tensor preconditioner, Tensor gradient) {
    return Matrices.isMatrix(gradient)
        ? Matrices.map(
            both -> {
              Tensor p = both.get(0);
              Tensor g = both.get(1);
              return Matrices.isTall(g) ? g.matmulTransposed(p) : p.matmul(g);
            },
            preconditioner,
            gradient)
        : gradient;
  }
}
