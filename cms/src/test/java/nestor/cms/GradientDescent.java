package nestor.cms;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Optimizer;

/// θ ← θ − rate · g, the writer of which oracles are easy.
///
/// @param rate rank 0
record GradientDescent(Tensor rate) implements Optimizer {
  record State<T>(T params) implements Optimizer.State<T> {}

  static GradientDescent withRate(double rate) {
    return new GradientDescent(Tensor.scalar(rate));
  }

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params);
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> now, T gradient) {
    return new State<>(
        Tree.zip(now.params(), gradient, (p, g) -> p.minus(g.times(rate.cast(p.dtype())))));
  }
}
