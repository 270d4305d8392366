package nestor.autodiff;

import java.util.Arrays;
import java.util.List;

/// Pointwise functions of two truth values, broadcast as in NumPy.
public enum Logical implements DiscreteOp {
  /// Both hold.
  AND,
  /// At least one holds.
  OR,
  /// Exactly one holds.
  XOR;

  /// The scalar definition.
  boolean at(boolean a, boolean b) {
    return switch (this) {
      case AND -> a && b;
      case OR -> a || b;
      case XOR -> a != b;
    };
  }

  @Override
  public TensorType result(TensorType[] in) {
    if (Pointwise.same(in) != DType.BOOL) {
      throw new Mismatch("needs truth values, but got " + in[0].dtype());
    }
    return new TensorType(DType.BOOL, in[0].shape().broadcast(in[1].shape()));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index a = Index.broadcast(in[0].shape(), out.shape());
    Index b = Index.broadcast(in[1].shape(), out.shape());
    for (int i = 0; i < out.size(); i++) {
      out.bool(i, at(in[0].bool(a.of(i)), in[1].bool(b.of(i))));
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Pointwise.batch(this, in, mapped);
  }

  static List<Sample> samples(Sampler draw) {
    return Arrays.stream(values()).flatMap(op -> samples(op, draw.of(op.name())).stream()).toList();
  }

  private static List<Sample> samples(Logical op, Sampler draw) {
    return draw.overPairs(op, draw::bools, draw::bools);
  }
}
