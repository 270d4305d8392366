package nestor.autodiff.nn;

import nestor.autodiff.Tensor;

/// Losses, as means over the batch.
public final class Losses {
  private Losses() {}

  /// The mean over rows of −ln softmax at the label: logits `[n, classes]`, labels `[n]`
  /// (integers).
  public static Tensor crossEntropy(Tensor logits, Tensor labels) {
    Tensor logProbabilities = Normalization.logSoftmax(logits, -1);
    return logProbabilities.takeAlongAxis(labels.expandDims(-1), -1).mean().neg();
  }

  /// The mean of the squared differences of all elements.
  public static Tensor mse(Tensor x, Tensor y) {
    return x.minus(y).square().mean();
  }
}
