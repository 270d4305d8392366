package nestor.autodiff;

import java.util.List;

/// Puts zeros before, after and between the elements of each axis.
///
/// @param before zeros in front per axis
/// @param after zeros behind per axis
/// @param interior zeros between neighbours per axis
public record Pad(Ints before, Ints after, Ints interior) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Shape shape = in[0].shape();
    int rank = shape.rank();
    if (before.length() != rank || after.length() != rank || interior.length() != rank) {
      throw new Mismatch(
          "before %s, after %s and interior %s must each have one number for each of the %d axes"
              .formatted(before, after, interior, rank));
    }
    int[] dims = new int[rank];
    for (int i = 0; i < rank; i++) {
      if (before.get(i) < 0 || after.get(i) < 0 || interior.get(i) < 0) {
        throw new Mismatch("padding cannot be negative; use slice to cut");
      }
      dims[i] = before.get(i) + span(shape, i) + after.get(i);
    }
    return new TensorType(in[0].dtype(), Shape.of(dims));
  }

  private int span(Shape shape, int axis) {
    int count = shape.dim(axis);
    return count + Math.max(0, count - 1) * interior.get(axis);
  }

  /// The position in the result of the operand's first element.
  public int offset(Shape result) {
    int[] strides = result.strides();
    int offset = 0;
    for (int i = 0; i < strides.length; i++) {
      offset += before.get(i) * strides[i];
    }
    return offset;
  }

  /// The strides with which the result is written in the order of the operand.
  public int[] strides(Shape result) {
    int[] strides = result.strides();
    for (int i = 0; i < strides.length; i++) {
      strides[i] *= interior.get(i) + 1;
    }
    return strides;
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index target = new Index(in[0].shape(), strides(out.shape()));
    for (int i = 0; i < in[0].size(); i++) {
      out.copy(offset(out.shape()) + target.of(i), in[0], i);
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    int[] stop = before.toArray();
    for (int axis = 0; axis < stop.length; axis++) {
      stop[axis] += span(in[0].shape(), axis);
    }
    return Dispatch.apply(new Slice(before, Ints.of(stop), interior.shift(1)), g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new Pad(before.prepend(0), after.prepend(0), interior.prepend(0)), in);
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Pad(Ints.of(), Ints.of(), Ints.of()), draw.reals()),
        Sample.of(new Pad(Ints.of(0), Ints.of(0), Ints.of(0)), draw.reals(1)),
        Sample.of(new Pad(Ints.of(1), Ints.of(2), Ints.of(1)), draw.reals(0)),
        Sample.of(new Pad(Ints.of(2), Ints.of(3), Ints.of(2)), draw.reals(7)),
        Sample.of(new Pad(Ints.of(0, 1), Ints.of(3, 2), Ints.of(0, 1)), draw.reals(3, 5)),
        Sample.of(new Pad(Ints.of(2, 1), Ints.of(0, 0), Ints.of(1, 0)), draw.reals(2, 3)),
        Sample.of(new Pad(Ints.of(1), Ints.of(0), Ints.of(0)), draw.integers(Shape.of(5), 1, 9)));
  }
}
