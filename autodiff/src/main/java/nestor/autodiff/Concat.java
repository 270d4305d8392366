package nestor.autodiff;

import java.util.List;

/// Joins tensors along an axis; all other axes must agree.
///
/// @param axis the axis, not negative
public record Concat(int axis) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    DType dtype = Pointwise.same(in);
    Shape first = in[0].shape();
    first.axis(axis);
    int total = 0;
    for (TensorType type : in) {
      Shape shape = type.shape();
      if (shape.rank() != first.rank() || !shape.with(axis, 0).equals(first.with(axis, 0))) {
        throw new Mismatch("shapes may differ only along axis " + axis);
      }
      total += shape.dim(axis);
    }
    return new TensorType(dtype, first.with(axis, total));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    int inner = out.shape().range(axis + 1, out.shape().rank()).size();
    int row = out.shape().dim(axis) * inner;
    int start = 0;
    for (Cells part : in) {
      int width = part.shape().dim(axis) * inner;
      for (int i = 0; i < part.size(); i++) {
        out.copy(i / width * row + start + i % width, part, i);
      }
      start += width;
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    int start = 0;
    for (int j = 0; j < i; j++) {
      start += in[j].shape().dim(axis);
    }
    return g.slice(axis, start, start + in[i].shape().dim(axis));
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new Concat(axis + 1), Broadcast.mapAll(in, mapped, size));
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Concat(0), draw.reals(1)),
        Sample.of(new Concat(0), draw.reals(7), draw.reals(0), draw.reals(5)),
        Sample.of(new Concat(0), draw.reals(2, 3), draw.reals(1, 3)),
        Sample.of(new Concat(1), draw.reals(2, 3), draw.reals(2, 2), draw.reals(2, 1)),
        Sample.of(new Concat(1), draw.reals(2, 1, 3), draw.reals(2, 4, 3)),
        Sample.of(
            new Concat(0), draw.integers(Shape.of(3), 0, 9), draw.integers(Shape.of(2), 0, 9)));
  }
}
