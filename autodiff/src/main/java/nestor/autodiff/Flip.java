package nestor.autodiff;

import java.util.List;

/// Reverses the order of the elements along axes.
///
/// @param axes the axes, not negative
public record Flip(Ints axes) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    for (int i = 0; i < axes.length(); i++) {
      in[0].shape().axis(axes.get(i));
    }
    return in[0];
  }

  /// The position of the first element that is read, in a tensor that is not empty.
  public int offset(Shape shape) {
    int[] own = shape.strides();
    int offset = 0;
    for (int i = 0; i < axes.length(); i++) {
      offset += (shape.dim(axes.get(i)) - 1) * own[axes.get(i)];
    }
    return offset;
  }

  /// The strides with which the operand is read in the order of the result.
  public int[] strides(Shape shape) {
    int[] strides = shape.strides();
    for (int i = 0; i < axes.length(); i++) {
      strides[axes.get(i)] = -strides[axes.get(i)];
    }
    return strides;
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index source = new Index(out.shape(), strides(out.shape()));
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], offset(out.shape()) + source.of(i));
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return Dispatch.apply(this, g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new Flip(axes.shift(1)), in);
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Flip(Ints.of()), draw.reals()),
        Sample.of(new Flip(Ints.of(0)), draw.reals(1)),
        Sample.of(new Flip(Ints.of(0)), draw.reals(0)),
        Sample.of(new Flip(Ints.of(0)), draw.reals(17)),
        Sample.of(new Flip(Ints.of(0, 2)), draw.reals(2, 3, 5)),
        Sample.of(new Flip(Ints.of(1)), draw.bools(Shape.of(2, 3))));
  }
}
