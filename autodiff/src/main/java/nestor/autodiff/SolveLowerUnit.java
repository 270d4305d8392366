package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Solves T z = y (or Tᵀ z = y), T = I + the strictly lower part of operand 0, on the last two
/// axes: operand 0 `[..., n, n]`, operand 1 and the result `[..., n, p]`, with equal leading axes.
///
/// @param side whether T is read as it is or transposed
public record SolveLowerUnit(MatMul.Side side) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Shape l = in[0].shape();
    Shape y = in[1].shape();
    if (!Pointwise.same(in).isFloat()) {
      throw new Mismatch("needs float64 or float32, but got " + in[0].dtype());
    }
    if (l.rank() < 2 || y.rank() != l.rank()) {
      throw new Mismatch("needs two operands of the same rank, at least 2");
    }
    if (l.dim(-1) != l.dim(-2) || l.dim(-1) != y.dim(-2)) {
      throw new Mismatch(
          "needs a square matrix as tall as the right-hand side, but got %d × %d and %d rows"
              .formatted(l.dim(-2), l.dim(-1), y.dim(-2)));
    }
    if (!MatMul.batch(l).equals(MatMul.batch(y))) {
      throw new Mismatch("the axes before the last two differ");
    }
    return in[1];
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    int n = out.shape().dim(-2);
    int p = out.shape().dim(-1);
    for (int batch = 0; batch < MatMul.batch(out.shape()).size(); batch++) {
      for (int column = 0; column < p; column++) {
        for (int step = 0; step < n; step++) {
          int row = side == MatMul.Side.PLAIN ? step : n - 1 - step;
          double rest = in[1].real((batch * n + row) * p + column);
          for (int k = 0; k < n; k++) {
            boolean below = side == MatMul.Side.PLAIN ? k < row : k > row;
            if (below) {
              int at = side == MatMul.Side.PLAIN ? row * n + k : k * n + row;
              rest -= in[0].real(batch * n * n + at) * out.real((batch * n + k) * p + column);
            }
          }
          out.real((batch * n + row) * p + column, rest);
        }
      }
    }
  }

  /// ȳ = T⁻ᵀ z̄ and, from T z = y, T̄ = −ȳ zᵀ (for the transposed system −z ȳᵀ), of which only the
  /// strictly lower part belongs to the operand.
  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    Tensor y = Dispatch.apply(new SolveLowerUnit(side.flip()), in[0], g);
    if (i == 1) {
      return y;
    }
    Tensor a = side == MatMul.Side.PLAIN ? y : out;
    Tensor b = side == MatMul.Side.PLAIN ? out : y;
    return MatMul.product(MatMul.Side.PLAIN, a, MatMul.Side.TRANSPOSED, b).neg().tril(-1);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(this, Broadcast.mapAll(in, mapped, size));
  }

  static List<Sample> samples(Sampler draw) {
    List<Sample> samples = new ArrayList<>();
    for (MatMul.Side side : MatMul.Side.values()) {
      SolveLowerUnit op = new SolveLowerUnit(side);
      samples.add(Sample.of(op, draw.reals(1, 1), draw.reals(1, 1)));
      samples.add(Sample.of(op, draw.reals(0, 0), draw.reals(0, 2)));
      samples.add(Sample.of(op, draw.reals(5, 5), draw.reals(5, 3)));
      samples.add(Sample.of(op, draw.reals(2, 3, 3), draw.reals(2, 3, 1)));
    }
    return samples;
  }
}
