package nestor.autodiff;

import java.util.List;

/// Adds rows at indices: to `x [b₁, …, b_c, n, rest…]` the rows of `updates [b₁, …, b_c, m, rest…]`
/// at `indices [b₁, …, b_c, m]`, in the order of the indices; operands are x, indices, updates.
///
/// @param batchAxes c, the number of leading axes that all three share
public record ScatterAdd(int batchAxes) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Shape x = in[0].shape();
    Pointwise.same(in[0], in[2]);
    Pointwise.floating(in[0]);
    Gather.check(batchAxes, x, in[1]);
    Shape updates = x.with(batchAxes, in[1].shape().dim(batchAxes));
    if (!in[2].shape().equals(updates)) {
      throw new Mismatch("the updates must have the shape " + updates);
    }
    return in[0];
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Shape x = out.shape();
    int rows = x.dim(batchAxes);
    int count = in[1].shape().dim(batchAxes);
    int width = x.range(batchAxes + 1, x.rank()).size();
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], i);
    }
    for (int i = 0; i < in[1].size(); i++) {
      int row = i / count * rows + Gather.row(in[1].integer(i), rows);
      for (int j = 0; j < width; j++) {
        out.add(row * width + j, in[2], i * width + j);
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return i == 0 ? g : Dispatch.apply(new Gather(batchAxes), g, in[1]);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new ScatterAdd(batchAxes + 1), Broadcast.mapAll(in, mapped, size));
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(
            new ScatterAdd(0), draw.reals(1), draw.integers(Shape.of(1), 0, 1), draw.reals(1)),
        Sample.of(
            new ScatterAdd(0), draw.reals(5), draw.integers(Shape.of(7), 0, 5), draw.reals(7)),
        Sample.of(
            new ScatterAdd(0),
            draw.reals(3, 2),
            draw.integers(Shape.of(0), 0, 3),
            draw.reals(0, 2)),
        Sample.of(
            new ScatterAdd(0),
            draw.reals(3, 2),
            draw.integers(Shape.of(7), 0, 3).cast(DType.INT32),
            draw.reals(7, 2)),
        Sample.of(
            new ScatterAdd(1),
            draw.reals(2, 5, 3),
            draw.integers(Shape.of(2, 4), 0, 5),
            draw.reals(2, 4, 3)));
  }
}
