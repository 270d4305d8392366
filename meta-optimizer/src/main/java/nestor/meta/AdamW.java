package nestor.meta;

import nestor.autodiff.Tensor;

/// Adam with decoupled weight decay, Loshchilov and Hutter, "Decoupled weight decay regularization"
/// (2017), algorithm 2: before each step of [Adam]
///
///     θ ← θ − rate · weightDecay · θ
///
/// The decay is in units of the rate, as in PyTorch; the paper's λ is rate · weightDecay.
///
/// ```java
/// AdamW adamW = AdamW.withRate(1e-3);
/// var now = adamW.start(params);
/// now = adamW.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param adam the optimizer; its own weight decay is L2 regularization and usually 0
/// @param weightDecay rank 0
public record AdamW(Adam adam, Tensor weightDecay) implements WithMomentum {
  /// PyTorch's defaults: betas 0.9 and 0.999, epsilon 1e-8, weight decay 0.01.
  public static AdamW withRate(double rate) {
    return new AdamW(Adam.withRate(rate), Tensor.scalar(0.01));
  }

  @Override
  public Tensor rate() {
    return adam.rate();
  }

  @Override
  public AdamW withRate(Tensor rate) {
    return new AdamW(adam.withRate(rate), weightDecay);
  }

  /// The decay β1 of the mean, rank 0.
  @Override
  public Tensor momentum() {
    return adam.beta1();
  }

  @Override
  public AdamW withMomentum(Tensor other) {
    return new AdamW(adam.withMomentum(other), weightDecay);
  }

  @Override
  public <T> Adam.State<T> start(T params) {
    return adam.start(params);
  }

  @Override
  public <T> Adam.State<T> next(Optimizer.State<T> before, T gradient) {
    Adam.State<T> now = (Adam.State<T>) before;
    T decayed = Leaves.shrunk(now.params(), adam.rate(), weightDecay);
    return adam.next(new Adam.State<>(decayed, now.mean(), now.meanSquare(), now.step()), gradient);
  }
}
