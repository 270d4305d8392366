package nestor.autodiff;

import java.util.List;

/// Reorders the axes: axis `i` of the result is axis `axes[i]` of the operand.
///
/// @param axes each axis once
public record Permute(Ints axes) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Shape shape = in[0].shape();
    int[] dims = new int[axes.length()];
    for (int i = 0; i < dims.length; i++) {
      if (!axes.contains(i)) {
        throw new Mismatch(axes + " is not a permutation of the axes");
      }
    }
    if (dims.length != shape.rank()) {
      throw new Mismatch(axes + " does not name each of the " + shape.rank() + " axes once");
    }
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(axes.get(i));
    }
    return new TensorType(in[0].dtype(), Shape.of(dims));
  }

  /// The strides with which the operand is read in the order of the result.
  public int[] strides(Shape operand) {
    int[] own = operand.strides();
    int[] strides = new int[own.length];
    for (int i = 0; i < own.length; i++) {
      strides[i] = own[axes.get(i)];
    }
    return strides;
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index source = new Index(out.shape(), strides(in[0].shape()));
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], source.of(i));
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    int[] inverse = new int[axes.length()];
    for (int axis = 0; axis < inverse.length; axis++) {
      inverse[axes.get(axis)] = axis;
    }
    return g.permute(inverse);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new Permute(axes.shift(1).prepend(0)), in);
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Permute(Ints.of()), draw.reals()),
        Sample.of(new Permute(Ints.of(0)), draw.reals(7)),
        Sample.of(new Permute(Ints.of(1, 0)), draw.reals(3, 17)),
        Sample.of(new Permute(Ints.of(1, 0)), draw.reals(0, 3)),
        Sample.of(new Permute(Ints.of(2, 0, 1)), draw.reals(2, 3, 5)),
        Sample.of(new Permute(Ints.of(0, 2, 1)), draw.bools(Shape.of(2, 3, 5))));
  }
}
