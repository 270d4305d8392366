package nestor.meta;

import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Muon, Jordan et al. (2024), as Behrouz et al., "Nested Learning" (2025), write it in equation
/// 42: momentum whose matrices are orthogonalized by five quintic Newton–Schulz iterations,
///
///     m ← momentum · m + (1 − momentum) · g
///     W ← (1 − rate · weightDecay) W − rate · √max(1, rows / columns) · NS(m)
///
/// as in PyTorch's `Muon` without its Nesterov momentum. The size of m is of no effect, since NS
/// divides by it. Of a tensor with more than two axes each matrix in the last two is orthogonalized
/// by itself. A vector or a number m becomes m / ‖m‖, what NS makes of a single row; where it
/// should be trained otherwise, let a [PerPath] give Muon the matrices:
///
/// ```java
/// Optimizer optimizer =
///     PerPath.of("blocks.*.weight", Muon.withRate(0.02)).otherwise("**", AdamW.withRate(1e-3));
/// var now = optimizer.start(params);
/// now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// At m = 0, where NS is almost a step, its derivatives are finite but as large as 5e9.
///
/// @param rate the step size, rank 0
/// @param momentum the decay of the memory, rank 0
/// @param weightDecay decoupled and in units of the rate as that of [AdamW], rank 0
public record Muon(Tensor rate, Tensor momentum, Tensor weightDecay) implements WithMomentum {
  /// A momentum of 0.95 and no weight decay.
  public static Muon withRate(double rate) {
    return new Muon(Tensor.scalar(rate), Tensor.scalar(0.95), Tensor.scalar(0.0));
  }

  @Override
  public Muon withRate(Tensor other) {
    return new Muon(other, momentum, weightDecay);
  }

  @Override
  public Muon withMomentum(Tensor other) {
    return new Muon(rate, other, weightDecay);
  }

  /// The same optimizer with another weight decay.
  public Muon withWeightDecay(double decay) {
    return new Muon(rate, momentum, Tensor.scalar(decay));
  }

  /// Parameters in training.
  ///
  /// @param params W
  /// @param memory m
  public record State<T>(T params, T memory) implements Optimizer.State<T> {}

  @Override
  public <T> State<T> start(T params) {
    return new State<>(params, Leaves.zeros(params));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    T memory = Tree.zip(now.memory(), gradient, (m, g) -> Leaves.mix(momentum, m, g));
    T direction = Tree.map(memory, m -> Matrices.orthogonal(m).times(size(m)));
    T kept = Leaves.shrunk(now.params(), rate, weightDecay);
    return new State<>(Leaves.descended(kept, rate, direction), memory);
  }

  /// Makes outputs of a tall layer about as large as those of a square one.
  private static double size(Tensor m) {
    return Matrices.isMatrix(m)
        ? Math.sqrt(Math.max(1, m.shape().dim(-2) / (double) m.shape().dim(-1)))
        : 1;
  }
}
