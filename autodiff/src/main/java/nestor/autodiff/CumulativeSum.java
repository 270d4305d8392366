package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Sums along an axis up to and including each element.
///
/// @param axis the axis, not negative
/// @param direction the end at which the sums start
public record CumulativeSum(int axis, Direction direction) implements DifferentiableOp {
  /// Where a running sum starts.
  public enum Direction {
    /// At index 0.
    FORWARD,
    /// At the last index.
    BACKWARD;

    Direction opposite() {
      return this == FORWARD ? BACKWARD : FORWARD;
    }
  }

  @Override
  public TensorType result(TensorType[] in) {
    if (in[0].dtype() == DType.BOOL) {
      throw new Mismatch("truth values have no sum; cast them to int64 to count");
    }
    in[0].shape().axis(axis);
    return in[0];
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Cells x = in[0];
    int length = x.shape().dim(axis);
    int stride = x.shape().strides()[axis];
    for (int i = 0; i < x.size(); i++) {
      if (i / stride % length != 0) {
        continue;
      }
      double real = 0;
      long integer = 0;
      for (int k = 0; k < length; k++) {
        int at = i + stride * (direction == Direction.FORWARD ? k : length - 1 - k);
        if (x.dtype().isFloat()) {
          out.real(at, real += x.real(at));
        } else {
          out.integer(at, integer += x.integer(at));
        }
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return Dispatch.apply(new CumulativeSum(axis, direction.opposite()), g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new CumulativeSum(axis + 1, direction), in);
  }

  static List<Sample> samples(Sampler draw) {
    List<Sample> samples = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      samples.add(Sample.of(new CumulativeSum(0, direction), draw.reals(1)));
      samples.add(Sample.of(new CumulativeSum(0, direction), draw.reals(0)));
      samples.add(Sample.of(new CumulativeSum(0, direction), draw.reals(17)));
      samples.add(Sample.of(new CumulativeSum(1, direction), draw.reals(2, 5, 3)));
      samples.add(Sample.of(new CumulativeSum(2, direction), draw.reals(2, 5, 3)));
      samples.add(
          Sample.of(new CumulativeSum(0, direction), draw.integers(Shape.of(5, 2), -9, 10)));
    }
    return samples;
  }
}
