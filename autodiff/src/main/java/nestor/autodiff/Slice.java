package nestor.autodiff;

import java.util.List;

/// The elements at `start, start + step, …` below `stop` along each axis, as NumPy's
/// `start:stop:step` with numbers that are not negative.
///
/// @param start the first index per axis
/// @param stop the bound per axis, at most the axis' size
/// @param step the distance per axis, at least 1
public record Slice(Ints start, Ints stop, Ints step) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Shape shape = in[0].shape();
    int rank = shape.rank();
    if (start.length() != rank || stop.length() != rank || step.length() != rank) {
      throw new Mismatch(
          "start %s, stop %s and step %s must each have one number for each of the %d axes"
              .formatted(start, stop, step, rank));
    }
    int[] dims = new int[rank];
    for (int i = 0; i < rank; i++) {
      boolean inside = 0 <= start.get(i) && start.get(i) <= stop.get(i);
      if (!inside || stop.get(i) > shape.dim(i) || step.get(i) < 1) {
        throw new Mismatch(
            "%d:%d:%d does not lie within axis %d of size %d"
                .formatted(start.get(i), stop.get(i), step.get(i), i, shape.dim(i)));
      }
      dims[i] = (stop.get(i) - start.get(i) + step.get(i) - 1) / step.get(i);
    }
    return new TensorType(in[0].dtype(), Shape.of(dims));
  }

  /// The position of the first element that is read.
  public int offset(Shape operand) {
    int[] own = operand.strides();
    int offset = 0;
    for (int i = 0; i < own.length; i++) {
      offset += start.get(i) * own[i];
    }
    return offset;
  }

  /// The strides with which the operand is read in the order of the result.
  public int[] strides(Shape operand) {
    int[] strides = operand.strides();
    for (int i = 0; i < strides.length; i++) {
      strides[i] *= step.get(i);
    }
    return strides;
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index source = new Index(out.shape(), strides(in[0].shape()));
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], offset(in[0].shape()) + source.of(i));
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    int rank = start.length();
    int[] after = new int[rank];
    int[] interior = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      int count = out.shape().dim(axis);
      interior[axis] = step.get(axis) - 1;
      int span = count == 0 ? 0 : (count - 1) * step.get(axis) + 1;
      after[axis] = in[0].shape().dim(axis) - start.get(axis) - span;
    }
    return Dispatch.apply(new Pad(start, Ints.of(after), Ints.of(interior)), g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new Slice(start.prepend(0), stop.prepend(size), step.prepend(1)), in);
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Slice(Ints.of(), Ints.of(), Ints.of()), draw.reals()),
        Sample.of(new Slice(Ints.of(0), Ints.of(1), Ints.of(1)), draw.reals(1)),
        Sample.of(new Slice(Ints.of(2), Ints.of(2), Ints.of(3)), draw.reals(5)),
        Sample.of(new Slice(Ints.of(1), Ints.of(16), Ints.of(3)), draw.reals(17)),
        Sample.of(new Slice(Ints.of(0, 1), Ints.of(3, 4), Ints.of(2, 1)), draw.reals(3, 5)),
        Sample.of(new Slice(Ints.of(0, 0), Ints.of(0, 3), Ints.of(1, 1)), draw.reals(0, 3)),
        Sample.of(new Slice(Ints.of(1), Ints.of(4), Ints.of(1)), draw.integers(Shape.of(5), 0, 9)));
  }
}
