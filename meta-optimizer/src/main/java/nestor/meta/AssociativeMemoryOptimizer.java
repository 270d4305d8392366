package nestor.meta;

import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Normalization;

/// Gradient descent along what a linear associative memory of gradients recalls, Behrouz et al.,
/// "Nested Learning" (2025): momentum as a memory trained by gradient descent (equations 33 to 41)
/// that reads gradients through a feature map φ (equation 51). The paper leaves keys and objective
/// open. Here each row of a gradient g `[rows, columns]` is a value, and its key is that row
/// itself,
///
///     K = φ(g) = tanh(√columns · gᵣ / ‖gᵣ‖) / √columns,   r = 1, …, rows
///
/// so a key says where a row points and not how long it is. The memory is a mean, as in momentum,
/// and a matrix M `[columns, columns]` that answers to keys. Both learn, one step for each gradient
/// and from 0, to give back what they are shown, and the parameters follow their answer:
///
///     ℓ(m, M; g) = ½ ‖m + K M − g‖²,   E = m + K M − g
///     m ← m − (1 − momentum) E,   M ← M − learning / rows · Kᵀ E
///     W ← W − rate · (m + K M)
///
/// With learning = 0 these are the steps of [Momentum] at the rate (1 − momentum) · rate. A row is
/// recalled the better, the more rows pointed its way, whatever their place in the matrix. Keys are
/// at most 1 long, so σmax(K)² ≤ rows and writes are stable for 0 < learning < 1 + momentum.
///
/// A matrix of more columns than rows is transposed, so that M has the smaller of its sizes, and
/// each matrix in the last two of more axes is taken by itself. Numbers and vectors have the mean
/// alone. The key of a row that is 0 is 0; its direction has no derivative there, and those of the
/// key are taken with its norm for a constant.
///
/// ```java
/// AssociativeMemoryOptimizer optimizer = AssociativeMemoryOptimizer.withRate(0.1);
/// var now = optimizer.start(params);
/// now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param momentum the decay α of the mean, rank 0
/// @param learning the rate of M's own steps, rank 0
public record AssociativeMemoryOptimizer(Tensor rate, Tensor momentum, Tensor learning)
    implements WithMomentum {
  private static final double TINY = 1e-6;

  /// A momentum of 0.9 and a learning rate of 0.5.
  public static AssociativeMemoryOptimizer withRate(double rate) {
    return new AssociativeMemoryOptimizer(
        Tensor.scalar(rate), Tensor.scalar(0.9), Tensor.scalar(0.5));
  }

  @Override
  public AssociativeMemoryOptimizer withRate(Tensor other) {
    return new AssociativeMemoryOptimizer(other, momentum, learning);
  }

  @Override
  public AssociativeMemoryOptimizer withMomentum(Tensor other) {
    return new AssociativeMemoryOptimizer(rate, other, learning);
  }

  /// Parameters in training.
  ///
  /// @param params W
  /// @param mean m
  /// @param memory M, a tree like the parameters with a square matrix for each of their matrices,
  ///   and a 0 that is not used for the others
  public record State<T>(T params, T mean, T memory) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    T memory = Tree.map(params, leaf -> Matrices.squares(leaf, k -> leaf.constant(0)));
    return new State<>(params, Leaves.zeros(params), memory);
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T error = Tree.zip(recalled(now.mean(), now.memory(), gradient), gradient, Tensor::minus);
    T mean = Leaves.descended(now.mean(), momentum.neg().plus(1), error);
    T memory = Tree.zip(now.memory(), gradient, error, this::written);
    T direction = recalled(mean, memory, gradient);
    return new State<>(Leaves.descended(now.params(), rate, direction), mean, memory);
  }

  private static <T> T recalled(T mean, T memory, T gradient) {
    T answers = Tree.zip(memory, gradient, AssociativeMemoryOptimizer::answer);
    return Tree.zip(mean, answers, Tensor::plus);
  }

  private static Tensor answer(Tensor memory, Tensor gradient) {
    return Matrices.isMatrix(gradient)
        ? Matrices.map(
            both -> {
              Tensor g = both.get(1);
              Tensor answer = keys(g).matmul(both.get(0));
              return Matrices.isWide(g) ? answer.transpose() : answer;
            },
            memory,
            gradient)
        : gradient.zerosLike();
  }

  private Tensor written(Tensor memory, Tensor gradient, Tensor error) {
    return Matrices.isMatrix(gradient)
        ? Matrices.map(this::corrected, memory, gradient, error)
        : memory;
  }

  private Tensor corrected(List<Tensor> memoryGradientAndError) {
    Tensor memory = memoryGradientAndError.get(0);
    Tensor keys = keys(memoryGradientAndError.get(1));
    Tensor error = tall(memoryGradientAndError.get(2));
    Tensor step = Leaves.as(learning, memory).div(keys.shape().dim(0));
    return memory.minus(keys.transposedMatmul(error).times(step));
  }

  /// φ of the rows of a tall gradient, `[rows, columns]`.
  private static Tensor keys(Tensor gradient) {
    double length = Math.sqrt(Matrices.width(gradient));
    Tensor direction = Normalization.l2Normalize(tall(gradient), -1, TINY);
    return direction.times(length).tanh().div(length);
  }

  private static Tensor tall(Tensor matrix) {
    return Matrices.isWide(matrix) ? matrix.transpose() : matrix;
  }
}
