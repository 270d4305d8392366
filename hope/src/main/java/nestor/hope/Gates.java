package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;
import nestor.hope.rule.Form;

/// What the layers around a rule have in common.
final class Gates {
  /// Tokens at a time in the chunk-parallel form, and that form.
  static final int CHUNK = 64;

  static final Form FORM = Form.CHUNK_PARALLEL;

  /// Where the bias of what is kept starts: σ(2) = 0.88, so that a memory forgets little.
  static final double KEEP = 2;

  private Gates() {}

  /// Gates that do not look at their token yet.
  static Linear init(DType dtype, int width, double... biases) {
    return new Linear(Tensor.zeros(dtype, biases.length, width), Tensor.of(biases).cast(dtype));
  }

  /// One gate of each token, `[samples, time]` of `[samples, time, gates]`.
  static Tensor one(Tensor gates, int index) {
    int samples = gates.shape().dim(0);
    int time = gates.shape().dim(1);
    return gates.slice(2, index, index + 1).reshape(samples, time);
  }

  /// A learned content `[values, keys]` for each sample.
  static Tensor start(Tensor initial, int samples) {
    return initial.broadcastTo(samples, initial.shape().dim(0), initial.shape().dim(1));
  }
}
