package nestor.autodiff;

import java.util.List;

/// Picks rows by index: from `x [b₁, …, b_c, n, rest…]` and `indices [b₁, …, b_c, m]` (`int64` or
/// `int32`, each in 0 … n − 1) the result `[b₁, …, b_c, m, rest…]`.
///
/// @param batchAxes c, the number of leading axes that x and the indices share
public record Gather(int batchAxes) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Shape x = in[0].shape();
    Shape indices = in[1].shape();
    check(batchAxes, x, in[1]);
    return new TensorType(in[0].dtype(), x.with(batchAxes, indices.dim(batchAxes)));
  }

  /// Demands indices that fit `x`.
  static void check(int batchAxes, Shape x, TensorType indices) {
    if (!indices.dtype().isInteger()) {
      throw new Mismatch("indices must be int64 or int32, but are " + indices.dtype());
    }
    boolean fits =
        x.rank() > batchAxes
            && indices.shape().rank() == batchAxes + 1
            && x.range(0, batchAxes).equals(indices.shape().range(0, batchAxes));
    if (!fits) {
      throw new Mismatch(
          "indices %s do not fit %s with %d shared leading axes"
              .formatted(indices.shape(), x, batchAxes));
    }
  }

  /// The index as an int, in range.
  public static int row(long index, int rows) {
    if (index < 0 || index >= rows) {
      throw new Mismatch("index %d is outside 0 … %d".formatted(index, rows - 1));
    }
    return (int) index;
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Shape x = in[0].shape();
    int rows = x.dim(batchAxes);
    int count = out.shape().dim(batchAxes);
    int width = x.range(batchAxes + 1, x.rank()).size();
    for (int i = 0; i < in[1].size(); i++) {
      int row = i / count * rows + row(in[1].integer(i), rows);
      for (int j = 0; j < width; j++) {
        out.copy(i * width + j, in[0], row * width + j);
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return Dispatch.apply(new ScatterAdd(batchAxes), in[0].zerosLike(), in[1], g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    if (batchAxes == 0 && !mapped[0]) {
      Tensor flat = in[1].reshape(in[1].shape().size());
      int[] dims = in[0].shape().toArray();
      dims[0] = in[1].shape().dim(1);
      return Dispatch.apply(this, in[0], flat).reshape(Shape.of(dims).prepend(size));
    }
    return Dispatch.apply(new Gather(batchAxes + 1), Broadcast.mapAll(in, mapped, size));
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Gather(0), draw.reals(1), draw.integers(Shape.of(1), 0, 1)),
        Sample.of(new Gather(0), draw.reals(5), draw.integers(Shape.of(7), 0, 5)),
        Sample.of(new Gather(0), draw.reals(3, 2), draw.integers(Shape.of(0), 0, 3)),
        Sample.of(new Gather(0), draw.reals(3, 2), draw.integers(Shape.of(7), 0, 3)),
        Sample.of(
            new Gather(0), draw.reals(3, 2), draw.integers(Shape.of(2), 0, 3).cast(DType.INT32)),
        Sample.of(new Gather(1), draw.reals(2, 5, 3), draw.integers(Shape.of(2, 4), 0, 5)),
        Sample.of(new Gather(2), draw.reals(2, 3, 5), draw.integers(Shape.of(2, 3, 1), 0, 5)));
  }
}
