package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Quotient and remainder of integers, rounded toward −∞ as in NumPy; a zero divisor is an error.
public enum IntegerDivision implements DiscreteOp {
  /// ⌊a / b⌋
  FLOOR_DIV,
  /// a − b ⌊a / b⌋, with the sign of b
  REMAINDER;

  /// The scalar definition.
  long at(long a, long b) {
    if (b == 0) {
      throw new Mismatch("a divisor is zero");
    }
    return this == FLOOR_DIV ? Math.floorDiv(a, b) : Math.floorMod(a, b);
  }

  @Override
  public TensorType result(TensorType[] in) {
    DType dtype = Pointwise.same(in);
    if (!dtype.isInteger()) {
      throw new Mismatch("needs integers, but got " + dtype);
    }
    return new TensorType(dtype, in[0].shape().broadcast(in[1].shape()));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index a = Index.broadcast(in[0].shape(), out.shape());
    Index b = Index.broadcast(in[1].shape(), out.shape());
    for (int i = 0; i < out.size(); i++) {
      out.integer(i, at(in[0].integer(a.of(i)), in[1].integer(b.of(i))));
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Pointwise.batch(this, in, mapped);
  }

  static List<Sample> samples(Sampler all) {
    List<Sample> samples = new ArrayList<>();
    for (IntegerDivision op : values()) {
      Sampler draw = all.of(op.name());
      samples.addAll(
          draw.overPairs(
              op, shape -> draw.integers(shape, -9, 10), shape -> draw.integers(shape, 1, 5)));
      samples.add(
          Sample.of(
              op,
              draw.integers(Shape.of(7), -9, 10).cast(DType.INT32),
              draw.integers(Shape.of(7), -5, 0).cast(DType.INT32)));
    }
    return samples;
  }
}
