package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// What the steps of several optimizers have in common, leaf by leaf.
final class Leaves {
  private Leaves() {}

  /// A tree of zeros.
  static <T> T zeros(T like) {
    return Tree.map(like, Tensor::zerosLike);
  }

  /// A hyper-parameter in the type of the tensor that it meets.
  static Tensor as(Tensor number, Tensor like) {
    return number.cast(like.dtype());
  }

  /// decay · old + (1 − decay) · now.
  static Tensor mix(Tensor decay, Tensor old, Tensor now) {
    return old.times(as(decay, old)).plus(now.times(as(decay.neg().plus(1), now)));
  }

  /// decay · old − rate · direction, the momentum of equation 33.
  static Tensor pushed(Tensor decay, Tensor old, Tensor rate, Tensor direction) {
    return old.times(as(decay, old)).minus(direction.times(as(rate, direction)));
  }

  /// θ − rate · direction.
  static <T> T descended(T params, Tensor rate, T direction) {
    return Tree.zip(params, direction, (p, d) -> p.minus(d.times(as(rate, p))));
  }

  /// (1 − rate · weightDecay) θ, decoupled weight decay.
  static <T> T shrunk(T params, Tensor rate, Tensor weightDecay) {
    Tensor kept = rate.times(weightDecay).neg().plus(1);
    return Tree.map(params, p -> p.times(as(kept, p)));
  }

  /// g + weightDecay · θ, L2 regularization.
  static <T> T regularized(T gradient, T params, Tensor weightDecay) {
    return Tree.zip(gradient, params, (g, p) -> g.plus(p.times(as(weightDecay, p))));
  }

  /// direction / (√square + epsilon).
  static <T> T scaled(T direction, T square, Tensor epsilon) {
    return Tree.zip(direction, square, (d, v) -> d.div(root(v).plus(as(epsilon, v))));
  }

  /// The square root; at 0 all its derivatives are 0. Where it divides what vanishes with it, as in
  /// g / (√g² + ε), that is the derivative of the quotient.
  static Tensor root(Tensor square) {
    Tensor isZero = square.equal(square.constant(0));
    return isZero.where(square.constant(0), isZero.where(square.constant(1), square).sqrt());
  }
}
