package nestor.bench;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// The network that generates the rate and momentum of the next step from a context `[16]`.
record StepGenerator(
    Linear body1, Linear body2, Linear rate1, Linear rate2, Linear momentum1, Linear momentum2) {
  static final int CONTEXT = 16;

  /// A rate and a momentum, rank 0.
  record Rates(Tensor rate, Tensor momentum) {}

  static StepGenerator init(Key key) {
    return new StepGenerator(
        linear(key, "body1", CONTEXT, 32),
        linear(key, "body2", 32, 32),
        linear(key, "rate1", 32, 16),
        linear(key, "rate2", 16, 1),
        linear(key, "momentum1", 32, 16),
        linear(key, "momentum2", 16, 1));
  }

  private static Linear linear(Key key, String name, int in, int out) {
    return Linear.init(key.fold(name), DType.FLOAT32, in, out);
  }

  Rates at(Tensor context) {
    Tensor h = body2.apply(body1.apply(context).relu()).relu();
    Tensor rate = rate2.apply(rate1.apply(h).relu()).reshape();
    Tensor momentum = momentum2.apply(momentum1.apply(h).relu()).reshape();
    return new Rates(rate.softplus().plus(1e-8).clip(1e-8, 1e-2), momentum.sigmoid().clip(0, 0.99));
  }
}
