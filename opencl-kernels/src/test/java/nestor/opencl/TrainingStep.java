package nestor.opencl;

import static nestor.autodiff.Transform.grad;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// A step of training a network of two layers.
///
/// @param in weights of the first layer
/// @param out weights of the second layer
record TrainingStep(Tensor in, Tensor out) {
  private static final Tensor X = Key.of(3).normal(DType.FLOAT32, 8, 5);
  private static final Tensor Y = Key.of(4).normal(DType.FLOAT32, 8, 2);

  /// Where training starts.
  static TrainingStep start(Backend backend) {
    Tensor in = Key.of(1).normal(DType.FLOAT32, 5, 7);
    Tensor out = Key.of(2).normal(DType.FLOAT32, 7, 2);
    return new TrainingStep(in.on(backend), out.on(backend));
  }

  private Tensor loss() {
    return X.matmul(in).tanh().matmul(out).minus(Y).square().mean();
  }

  /// One step further.
  TrainingStep next() {
    TrainingStep slope = grad(TrainingStep::loss, this);
    return Tree.zip(this, slope, (p, g) -> p.minus(g.times(0.1f)));
  }

  /// All the weights.
  double[] weights() {
    return DoubleStream.concat(Arrays.stream(in.toDoubles()), Arrays.stream(out.toDoubles()))
        .toArray();
  }
}
