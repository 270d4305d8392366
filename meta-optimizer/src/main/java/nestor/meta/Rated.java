package nestor.meta;

import nestor.autodiff.Tensor;

/// An optimizer whose steps are in proportion to a rate, which a [Schedule] may set.
///
/// ```java
/// Rated optimizer = AdamW.withRate(1e-3);
/// Tensor tenth = optimizer.rate().times(0.1);
/// Rated slower = optimizer.withRate(tenth);
/// ```
public interface Rated extends Optimizer {
  /// The step size, rank 0.
  Tensor rate();

  /// The same optimizer with another rate; its states go on with it.
  Rated withRate(Tensor rate);
}
