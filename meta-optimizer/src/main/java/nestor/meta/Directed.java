package nestor.meta;

import nestor.autodiff.Key;

/// An optimizer whose directions follow from gradients alone, not from where the parameters are, so
/// that they can be had without being rounded to them; and whose memories are drawn.
///
/// ```java
/// Directed directed = DeepMomentumGradientDescent.withRate(0.01);
/// var now = directed.start(key, params);
/// var turn = directed.turn(now, gradient);
/// ```
public interface Directed extends Optimizer {
  /// A direction.
  ///
  /// @param direction what a step subtracts times its rate, a tree like the parameters
  /// @param next the state afterwards, with the parameters that it had
  record Turn<T>(T direction, State<T> next) {}

  /// The state before the first gradient.
  ///
  /// @param key where its memories are drawn from
  <T> State<T> start(Key key, T params);

  /// The direction that follows from one more gradient.
  ///
  /// @param now a state that this kind of optimizer gave, whose parameters are not used
  /// @param gradient a tree like the parameters
  <T> Turn<T> turn(State<T> now, T gradient);
}
