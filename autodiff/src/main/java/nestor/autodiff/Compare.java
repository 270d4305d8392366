package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Pointwise comparisons of two operands of one type, broadcast as in NumPy; the result is `bool`.
/// A comparison with NaN is false, except that NaN is not equal to anything.
public enum Compare implements DiscreteOp {
  /// a = b
  EQUAL,
  /// a ≠ b
  NOT_EQUAL,
  /// a < b
  LESS,
  /// a ≤ b
  LESS_EQUAL,
  /// a > b
  GREATER,
  /// a ≥ b
  GREATER_EQUAL;

  /// The scalar definition for floating operands.
  boolean at(double a, double b) {
    return switch (this) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case LESS -> a < b;
      case LESS_EQUAL -> a <= b;
      case GREATER -> a > b;
      case GREATER_EQUAL -> a >= b;
    };
  }

  /// The scalar definition for integers.
  boolean at(long a, long b) {
    return switch (this) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case LESS -> a < b;
      case LESS_EQUAL -> a <= b;
      case GREATER -> a > b;
      case GREATER_EQUAL -> a >= b;
    };
  }

  @Override
  public TensorType result(TensorType[] in) {
    DType dtype = Pointwise.same(in);
    if (dtype == DType.BOOL && this != EQUAL && this != NOT_EQUAL) {
      throw new Mismatch("truth values have no order; only equal and notEqual compare them");
    }
    return new TensorType(DType.BOOL, in[0].shape().broadcast(in[1].shape()));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index a = Index.broadcast(in[0].shape(), out.shape());
    Index b = Index.broadcast(in[1].shape(), out.shape());
    for (int i = 0; i < out.size(); i++) {
      boolean holds =
          switch (in[0].dtype()) {
            case FLOAT64, FLOAT32 -> at(in[0].real(a.of(i)), in[1].real(b.of(i)));
            case INT64, INT32 -> at(in[0].integer(a.of(i)), in[1].integer(b.of(i)));
            case BOOL -> (in[0].bool(a.of(i)) == in[1].bool(b.of(i))) == (this == EQUAL);
          };
      out.bool(i, holds);
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Pointwise.batch(this, in, mapped);
  }

  static List<Sample> samples(Sampler all) {
    List<Sample> samples = new ArrayList<>();
    for (Compare op : values()) {
      Sampler draw = all.of(op.name());
      samples.addAll(
          draw.overPairs(
              op,
              shape -> draw.integers(shape, -2, 3).cast(draw.dtype()),
              shape -> draw.integers(shape, -2, 3).cast(draw.dtype())));
      samples.addAll(
          draw.overPairs(
              op, shape -> draw.integers(shape, -2, 3), shape -> draw.integers(shape, -2, 3)));
    }
    samples.add(Sample.of(EQUAL, all.bools(Shape.of(7)), all.bools(Shape.of(7))));
    samples.add(Sample.of(NOT_EQUAL, all.bools(Shape.of(3, 1)), all.bools(Shape.of(5))));
    return samples;
  }
}
