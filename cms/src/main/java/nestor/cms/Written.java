package nestor.cms;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Optimizer;

/// Parameters between two writes of a [Writer].
///
/// @param <T> the parameters, a tree
/// @param optimizer what the last write left
/// @param sum the sum of the gradients since then, a tree like the parameters
/// @param clock how many gradients there have been, rank 0
public record Written<T>(Optimizer.State<T> optimizer, T sum, Tensor clock)
    implements Optimizer.State<T> {

  @Override
  public T params() {
    return optimizer.params();
  }

  /// Nothing collected yet.
  ///
  /// @param clock the type in which gradients are counted
  static <T> Written<T> start(Optimizer by, T params, DType clock) {
    return new Written<>(
        by.start(params), Tree.map(params, Tensor::zerosLike), Tensor.scalar(clock, 0));
  }

  /// After some more gradients.
  ///
  /// @param gradients their sum
  /// @param count their number, rank 0
  Written<T> with(T gradients, Tensor count) {
    return new Written<>(
        optimizer, Tree.zip(sum, gradients, Tensor::plus), clock.plus(count.cast(clock.dtype())));
  }

  /// After a write from all that was collected.
  Written<T> write(Optimizer by) {
    return new Written<>(by.next(optimizer, sum), Tree.map(sum, Tensor::zerosLike), clock);
  }
}
