package nestor.meta;

/// How parameters follow from gradients: a record of hyper-parameters, whose steps are pure
/// functions of trees.
///
/// Hyper-parameters are tensors of rank 0, so an optimizer is a tree itself: differentiating the
/// loss after some steps with respect to it is meta-learning. Every implementation narrows the
/// results to a state of its own.
///
/// ```java
/// Optimizer optimizer = AdamW.withRate(1e-3);
/// var now = optimizer.start(params);
/// for (Batch batch : batches) now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
public interface Optimizer {
  /// Parameters in training, with what their optimizer remembers.
  ///
  /// @param <T> the parameters, a tree
  interface State<T> {
    /// The parameters θ.
    T params();
  }

  /// The state before the first gradient.
  <T> State<T> start(T params);

  /// The state after one more gradient.
  ///
  /// @param now a state that this kind of optimizer gave
  /// @param gradient a tree like the parameters
  <T> State<T> next(State<T> now, T gradient);
}
