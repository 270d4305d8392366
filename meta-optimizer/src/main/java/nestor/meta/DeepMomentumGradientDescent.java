package nestor.meta;

import java.util.List;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Deep momentum gradient descent, Behrouz et al., "Nested Learning" (2025), equations 50 and 52,
/// as an optimizer of its own: [DeepMomentum] at a rate and a momentum that are hyper-parameters,
///
///     φ ← φ − (1 − momentum) ∇ℓ(φ; u),   W ← W − rate · NS(m_φ(u)),   u = √rows · g / ‖g‖
///
/// Stable for momenta between 1/3 and 1, see [GradientMemory.Deep]. Directions do not depend on the
/// gradient's size. With linear memories NS(m_φ(u)) is that of the mean of u: [Muon] with the cubic
/// iteration, for gradients of one norm.
///
/// ```java
/// var optimizer = DeepMomentumGradientDescent.withRate(0.01);
/// var now = optimizer.start(params);
/// now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param rate the step size η, rank 0
/// @param momentum the decay α of the memories, rank 0
/// @param memory what the memories are
/// @param seed what the memories are drawn from
public record DeepMomentumGradientDescent(
    Tensor rate, Tensor momentum, DeepMomentum memory, long seed)
    implements WithMomentum, Directed {
  /// A momentum of 0.9, 16 hidden units, five Newton–Schulz iterations and the seed 0.
  public static DeepMomentumGradientDescent withRate(double rate) {
    return new DeepMomentumGradientDescent(
        Tensor.scalar(rate), Tensor.scalar(0.9), new DeepMomentum(16, 5), 0);
  }

  @Override
  public DeepMomentumGradientDescent withRate(Tensor other) {
    return new DeepMomentumGradientDescent(other, momentum, memory, seed);
  }

  @Override
  public DeepMomentumGradientDescent withMomentum(Tensor other) {
    return new DeepMomentumGradientDescent(rate, other, memory, seed);
  }

  /// The same optimizer with other memories.
  public DeepMomentumGradientDescent with(DeepMomentum other) {
    return new DeepMomentumGradientDescent(rate, momentum, other, seed);
  }

  /// Parameters in training.
  ///
  /// @param params W
  /// @param memories m_φ
  public record State<T>(T params, DeepMomentum.State memories) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return start(Key.of(seed), params);
  }

  @Override
  public <T> State<T> start(Key key, T params) {
    return new State<>(params, memory.start(key, Tree.leaves(params)));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    Turn<T> turn = turn(before, gradient);
    State<T> after = (State<T>) turn.next();
    return new State<>(Leaves.descended(before.params(), rate, turn.direction()), after.memories());
  }

  @Override
  public <T> Turn<T> turn(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    List<Tensor> g = Tree.leaves(gradient);
    Tensor decay = Leaves.as(momentum, g.getFirst());
    DeepMomentum.Step step = memory.step(now.memories(), g, decay);
    return new Turn<>(
        Tree.withLeaves(gradient, step.directions()), new State<>(now.params(), step.state()));
  }
}
