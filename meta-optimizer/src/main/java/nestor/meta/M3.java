package nestor.meta;

import static nestor.autodiff.Transform.cond;

import java.util.function.BinaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// What [M3Paper] and [M3Ema] have in common, Behrouz et al., "Nested Learning" (2025), algorithm
/// 1.
///
/// @param rate the step size η
/// @param mix the factor α of the slow momentum's direction
/// @param epsilon what is added to the root
/// @param every the steps of a block
record M3(Tensor rate, Tensor mix, Tensor epsilon, int every) {
  private record Block<T>(T slow, T recent, T direction) {}

  /// The period of a slow momentum, which must be at least 1.
  static void requirePeriod(int every) {
    if (every < 1) {
      throw new IllegalArgumentException(
          "M3 writes its slow momentum every %d steps; it must be at least 1".formatted(every));
    }
  }

  static <T> M3State<T> start(T params) {
    T zero = Leaves.zeros(params);
    return new M3State<>(params, zero, zero, zero, zero, zero, Tensor.scalar(DType.INT64, 0));
  }

  /// A step from momenta that have seen the gradient.
  ///
  /// @param fast M1 after it
  /// @param square V after it
  /// @param writeSlow M2 after a block, of M2 before it and the sum of the block's gradients
  <T> M3State<T> next(
      M3State<T> now, T gradient, T fast, T square, BinaryOperator<Tensor> writeSlow) {
    T direction =
        Tree.zip(
            fast,
            now.direction(),
            (m, slow) -> Matrices.orthogonal(m).plus(slow.times(Leaves.as(mix, slow))));
    T scaled = Leaves.scaled(direction, square, epsilon);
    T params = Leaves.descended(now.params(), rate, scaled);
    Tensor step = now.step().plus(1);
    T recent = Tree.zip(now.recent(), gradient, Tensor::plus);
    Block<T> block =
        cond(
            step.remainder(step.constant(every)).equal(step.constant(0)),
            (Block<T> full) -> {
              T slow = Tree.zip(full.slow(), full.recent(), writeSlow);
              T orthogonal = Tree.map(slow, Matrices::orthogonal);
              return new Block<>(slow, Leaves.zeros(full.recent()), orthogonal);
            },
            (Block<T> open) -> open,
            new Block<>(now.slow(), recent, now.direction()));
    return new M3State<>(
        params, fast, square, block.slow(), block.recent(), block.direction(), step);
  }
}
