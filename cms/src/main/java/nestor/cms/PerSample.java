package nestor.cms;

import static nestor.autodiff.Transform.vmap;

import nestor.meta.Optimizer;

/// An optimizer for parameters of many samples at once, each for itself: all leaves have the
/// samples as axis 0.
///
/// @param by what writes the parameters of one sample
record PerSample(Optimizer by) implements Optimizer {
  /// The states of all samples, stacked.
  record State<T>(Optimizer.State<T> each) implements Optimizer.State<T> {
    @Override
    public T params() {
      return each.params();
    }
  }

  @Override
  public <T> State<T> start(T params) {
    return new State<>(vmap((T one) -> by.start(one), params));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> now, T gradient) {
    return new State<>(
        vmap(
            (Optimizer.State<T> state, T g) -> by.next(state, g), ((State<T>) now).each, gradient));
  }
}
