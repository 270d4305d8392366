package nestor.meta;

import nestor.autodiff.Tensor;

/// A limit on gradients as a part of an optimizer, see [Clipped] and [GradientClip].
public sealed interface Clip {
  /// The gradient within the limit.
  <T> T apply(T gradient);

  /// [GradientClip#byGlobalNorm(Object, Tensor)].
  ///
  /// @param limit of the norm of all elements together, rank 0
  record GlobalNorm(Tensor limit) implements Clip {
    @Override
    public <T> T apply(T gradient) {
      return GradientClip.byGlobalNorm(gradient, limit);
    }
  }

  /// [GradientClip#byLeafNorm(Object, Tensor)].
  ///
  /// @param limit of the norm of each leaf, rank 0
  record LeafNorm(Tensor limit) implements Clip {
    @Override
    public <T> T apply(T gradient) {
      return GradientClip.byLeafNorm(gradient, limit);
    }
  }

  /// [GradientClip#byValue(Object, Tensor)].
  ///
  /// @param limit of each element's size, rank 0
  record Value(Tensor limit) implements Clip {
    @Override
    public <T> T apply(T gradient) {
      return GradientClip.byValue(gradient, limit);
    }
  }
}
