package nestor.examples.original;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// The original's meta-optimizer: from a context of 16 numbers to a learning rate and a momentum.
///
/// @param context two layers with relu
/// @param rate a head with relu inside
/// @param momentum a head with relu inside
record RateGenerator(TwoLayers context, TwoLayers rate, TwoLayers momentum) {
  /// The number of context features.
  static final int CONTEXT = 16;

  /// Two affine layers.
  record TwoLayers(Linear first, Linear second) {
    static TwoLayers init(Key key, DType dtype, int in, int hidden, int out) {
      return new TwoLayers(
          Linear.init(key.fold("first"), dtype, in, hidden),
          Linear.init(key.fold("second"), dtype, hidden, out));
    }

    Tensor apply(Tensor x) {
      return second.apply(first.apply(x).relu());
    }
  }

  /// A learning rate and a momentum, rank 0.
  record Rates(Tensor rate, Tensor momentum) {}

  /// PyTorch's default initialization.
  static RateGenerator init(Key key, DType dtype) {
    return new RateGenerator(
        TwoLayers.init(key.fold("context"), dtype, CONTEXT, 32, 32),
        TwoLayers.init(key.fold("rate"), dtype, 32, 16, 1),
        TwoLayers.init(key.fold("momentum"), dtype, 32, 16, 1));
  }

  /// rate = clamp(softplus + 1e-8, 1e-8, 1e-2), momentum = clamp(sigmoid, 0, 0.99). The clamp of
  /// the rate saturates nearly always, so its gradient is zero: the original's first dead end.
  Rates at(Tensor features) {
    Tensor hidden = context.apply(features).relu();
    Tensor generated = rate.apply(hidden).reshape().softplus().plus(1e-8).clip(1e-8, 1e-2);
    return new Rates(generated, momentum.apply(hidden).reshape().sigmoid().clip(0, 0.99));
  }
}
