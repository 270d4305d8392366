package nestor.autodiff;

import java.util.List;

/// Chooses element by element: operand 1 where the truth values of operand 0 hold, else operand 2.
public record Where() implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    if (in[0].dtype() != DType.BOOL) {
      throw new Mismatch("the condition must be bool, but is " + in[0].dtype());
    }
    DType dtype = Pointwise.same(in[1], in[2]);
    Shape chosen = in[1].shape().broadcast(in[2].shape());
    return new TensorType(dtype, in[0].shape().broadcast(chosen));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index condition = Index.broadcast(in[0].shape(), out.shape());
    Index a = Index.broadcast(in[1].shape(), out.shape());
    Index b = Index.broadcast(in[2].shape(), out.shape());
    for (int i = 0; i < out.size(); i++) {
      if (in[0].bool(condition.of(i))) {
        out.copy(i, in[1], a.of(i));
      } else {
        out.copy(i, in[2], b.of(i));
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    Tensor zero = g.constant(0);
    Tensor chosen = i == 1 ? in[0].where(g, zero) : in[0].where(zero, g);
    return Broadcast.sumTo(chosen, in[i].shape());
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Pointwise.batch(this, in, mapped);
  }

  static List<Sample> samples(Sampler draw) {
    Where op = new Where();
    int[][][] shapes = {
      {{}, {}, {}},
      {{7}, {7}, {7}},
      {{0}, {0}, {0}},
      {{3, 5}, {5}, {3, 1}},
      {{5}, {3, 1}, {}},
      {{}, {3}, {2, 3}},
      {{17}, {17}, {}}
    };
    return java.util.Arrays.stream(shapes)
        .map(s -> Sample.of(op, draw.bools(Shape.of(s[0])), draw.reals(s[1]), draw.reals(s[2])))
        .toList();
  }
}
