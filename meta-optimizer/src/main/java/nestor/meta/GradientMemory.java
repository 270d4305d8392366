package nestor.meta;

import static nestor.autodiff.Transform.grad;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// A momentum seen as an associative memory of gradients, Behrouz et al., "Nested Learning" (2025),
/// equations 33 and 50: its parameters φ learn online, by gradient descent on an inner objective,
/// to give back the gradients u `[rows, columns]` that it is shown:
///
///     ℓ(φ; u) = ½ ‖m_φ(u) − u‖²,   φ ← φ − (1 − momentum) ∇ℓ(φ; u)
///
/// The paper leaves the objective open and names ⟨m_φ(u), 1⟩, which has no lower bound; the squared
/// error has one, and makes [Linear] the classical momentum exactly.
///
/// ```java
/// GradientMemory linear = GradientMemory.Linear.init(FLOAT32, 64, 32);
/// GradientMemory deep = GradientMemory.Deep.init(key, FLOAT32, 64, 32, 16); // 16 hidden units
/// Tensor answer = deep.write(u, Tensor.scalar(FLOAT32, 0.9)).recall(u); // u, answer [64, 32]
/// ```
public sealed interface GradientMemory {
  /// What the memory answers to a gradient, `[rows, columns]` like it.
  Tensor recall(Tensor u);

  /// The memory after one step of its inner objective.
  ///
  /// @param u what it is shown, `[rows, columns]`, with the norm √rows
  /// @param momentum rank 0, in (0, 1)
  default GradientMemory write(Tensor u, Tensor momentum) {
    GradientMemory surprise =
        grad((GradientMemory m) -> m.recall(u).minus(u).square().sum().times(0.5), this);
    return descend(surprise, u, momentum.neg().plus(1));
  }

  /// The memory a step down from here.
  ///
  /// @param surprise the gradient of the inner objective at u, a memory like this one
  GradientMemory descend(GradientMemory surprise, Tensor u, Tensor rate);

  /// A memory that answers every gradient alike, with the exponential mean of what it was shown:
  /// mean ← momentum · mean + (1 − momentum) · u.
  ///
  /// @param mean `[rows, columns]`
  record Linear(Tensor mean) implements GradientMemory {
    /// Nothing remembered yet.
    public static Linear init(DType dtype, int rows, int columns) {
      return new Linear(Tensor.zeros(dtype, rows, columns));
    }

    @Override
    public Tensor recall(Tensor u) {
      return mean;
    }

    @Override
    public GradientMemory descend(GradientMemory surprise, Tensor u, Tensor rate) {
      return Tree.zip(this, surprise, (p, g) -> p.minus(g.times(rate)));
    }
  }

  /// A linear memory and beside it an MLP that maps each row of a gradient to a row: what was shown
  /// before comes back the more, the more alike its row was. m_φ(u) = mean + tanh(u Aᵀ) Bᵀ / √rows.
  ///
  /// Its steps are stable: for ‖u‖² = rows the curvature of ℓ is 1 in `mean`, at most ‖F‖² in B,
  /// with the features F = tanh(u Aᵀ) / √rows, and at most ‖B‖² in A. Therefore the step of B is
  /// divided by max(1, ‖F‖²) and that of A by 1 + ‖B‖². Together that is at most 3, so to first
  /// order no write at a momentum above 1/3 enlarges the error that it corrects. ‖F‖² is about 1
  /// for most gradients, but not for those that keep to the direction that A enlarges most.
  ///
  /// @param mean `[rows, columns]`
  /// @param in A, `[hidden, columns]`
  /// @param out B, `[columns, hidden]`
  record Deep(Tensor mean, Tensor in, Tensor out) implements GradientMemory {
    /// Nothing remembered yet: A normal with variance 1/hidden, the rest 0.
    public static Deep init(Key key, DType dtype, int rows, int columns, int hidden) {
      return new Deep(
          Tensor.zeros(dtype, rows, columns),
          key.normal(dtype, hidden, columns).div(Math.sqrt(hidden)),
          Tensor.zeros(dtype, columns, hidden));
    }

    @Override
    public Tensor recall(Tensor u) {
      return mean.plus(features(u).matmulTransposed(out));
    }

    private Tensor features(Tensor u) {
      return u.matmulTransposed(in).tanh().div(Math.sqrt(mean.shape().dim(0)));
    }

    @Override
    public GradientMemory descend(GradientMemory surprise, Tensor u, Tensor rate) {
      Tensor inCurvature = out.square().sum().plus(1);
      Tensor outCurvature = features(u).square().sum().maximum(1);
      Deep g = (Deep) surprise;
      return new Deep(
          mean.minus(g.mean.times(rate)),
          in.minus(g.in.times(rate).div(inCurvature)),
          out.minus(g.out.times(rate).div(outCurvature)));
    }
  }
}
