package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The matrix product of the last two axes, C = op(A) · op(B), with NumPy's broadcasting over the
/// axes before them. Each side may be read transposed, so that no gradient copies a matrix.
///
/// Operands have at least two axes: A `[..., m, k]` (or `[..., k, m]` if transposed) and B, which
/// is `[..., k, n]` (or `[..., n, k]`), the result `[..., m, n]`.
///
/// The cpu backend adds up an element in one order if m and n are more than 1, and in another,
/// which vectors take faster, if one of them is 1. Either follows from m, n and k alone.
///
/// @param left how A is read
/// @param right how B is read
public record MatMul(Side left, Side right) implements DifferentiableOp {
  /// How an operand of a matrix product is read.
  public enum Side {
    /// As it is.
    PLAIN,
    /// With its last two axes exchanged.
    TRANSPOSED;

    Side flip() {
      return this == PLAIN ? TRANSPOSED : PLAIN;
    }
  }

  @Override
  public String label() {
    return "matmul";
  }

  @Override
  public TensorType result(TensorType[] in) {
    Shape a = in[0].shape();
    Shape b = in[1].shape();
    if (!Pointwise.same(in).isFloat()) {
      throw new Mismatch("needs float64 or float32, but got " + in[0].dtype());
    }
    if (a.rank() < 2 || b.rank() < 2) {
      throw new Mismatch("needs at least two axes on both sides");
    }
    int inner = a.dim(left == Side.PLAIN ? -1 : -2);
    int other = b.dim(right == Side.PLAIN ? -2 : -1);
    if (inner != other) {
      throw new Mismatch("the inner sizes %d and %d differ".formatted(inner, other));
    }
    Shape rows = Shape.of(a.dim(left == Side.PLAIN ? -2 : -1));
    Shape columns = Shape.of(b.dim(right == Side.PLAIN ? -1 : -2));
    return new TensorType(in[0].dtype(), batch(a).broadcast(batch(b)).plus(rows).plus(columns));
  }

  /// The axes before the last two.
  public static Shape batch(Shape shape) {
    return shape.range(0, shape.rank() - 2);
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Shape c = out.shape();
    int m = c.dim(-2);
    int n = c.dim(-1);
    int k = in[0].shape().dim(left == Side.PLAIN ? -1 : -2);
    Index aBatch = Index.broadcast(batch(in[0].shape()), batch(c));
    Index bBatch = Index.broadcast(batch(in[1].shape()), batch(c));
    for (int i = 0; i < out.size(); i++) {
      int batch = i / (m * n);
      int row = i / n % m;
      int column = i % n;
      double sum = 0;
      for (int l = 0; l < k; l++) {
        int a = left == Side.PLAIN ? row * k + l : l * m + row;
        int b = right == Side.PLAIN ? l * n + column : column * k + l;
        sum += in[0].real(aBatch.of(batch) * m * k + a) * in[1].real(bBatch.of(batch) * k * n + b);
      }
      out.real(i, sum);
    }
  }

  /// With A' = op(A), B' = op(B): Ā' = Ḡ B'ᵀ and B̄' = A'ᵀ Ḡ, each transposed back if its side is.
  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    Tensor a = in[0];
    Tensor b = in[1];
    Tensor gradient;
    if (i == 0) {
      gradient =
          left == Side.PLAIN
              ? product(Side.PLAIN, g, right.flip(), b)
              : product(right, b, Side.TRANSPOSED, g);
    } else {
      gradient =
          right == Side.PLAIN
              ? product(left.flip(), a, Side.PLAIN, g)
              : product(Side.TRANSPOSED, g, left, a);
    }
    return Broadcast.sumTo(gradient, in[i].shape());
  }

  static Tensor product(Side left, Tensor a, Side right, Tensor b) {
    return Dispatch.apply(new MatMul(left, right), a, b);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    Shape a = in[0].shape();
    if (left == Side.PLAIN && !mapped[1] && in[1].shape().rank() == 2 && a.rank() == 3) {
      // One product for the whole batch: the examples' rows on top of each other. Single rows
      // become a product of many rows, which the cpu backend adds up in another order.
      Tensor rows = in[0].reshape(a.dim(0) * a.dim(1), a.dim(2));
      Tensor product = Dispatch.apply(this, rows, in[1]);
      return product.reshape(a.dim(0), a.dim(1), product.shape().dim(1));
    }
    return Dispatch.apply(this, Pointwise.alignRanks(in, mapped));
  }

  static List<Sample> samples(Sampler draw) {
    int[][] sizes = {{1, 1, 1}, {2, 3, 5}, {1, 7, 17}, {7, 5, 1}, {0, 3, 2}, {2, 0, 3}};
    int[][][] batches = {{{2}, {2}}, {{2}, {}}, {{}, {3}}, {{2, 1}, {3}}, {{0}, {1}}};
    List<Sample> samples = new ArrayList<>();
    for (Side left : Side.values()) {
      for (Side right : Side.values()) {
        MatMul op = new MatMul(left, right);
        for (int[] size : sizes) {
          samples.add(op.sample(draw, size, new int[0], new int[0]));
        }
        for (int[][] batch : batches) {
          samples.add(op.sample(draw, new int[] {2, 3, 2}, batch[0], batch[1]));
        }
      }
    }
    return samples;
  }

  private Sample sample(Sampler draw, int[] size, int[] aBatch, int[] bBatch) {
    return Sample.of(
        this,
        draw.reals(dims(aBatch, size[0], size[1], left)),
        draw.reals(dims(bBatch, size[1], size[2], right)));
  }

  private static int[] dims(int[] batch, int rows, int columns, Side side) {
    int[] dims = Arrays.copyOf(batch, batch.length + 2);
    dims[batch.length] = side == Side.PLAIN ? rows : columns;
    dims[batch.length + 1] = side == Side.PLAIN ? columns : rows;
    return dims;
  }
}
