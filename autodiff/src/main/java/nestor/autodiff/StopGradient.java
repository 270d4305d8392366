package nestor.autodiff;

import java.util.List;

/// The identity with no derivative: the result is a constant to every tape.
public record StopGradient() implements DiscreteOp {
  @Override
  public TensorType result(TensorType[] in) {
    return in[0];
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], i);
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(this, in);
  }

  static List<Sample> samples(Sampler draw) {
    return draw.overShapes(new StopGradient(), shape -> draw.reals(shape, -2, 2));
  }
}
