package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Reduces axes to size 1.
///
/// @param kind what is computed
/// @param axes the axes that are reduced, increasing and not negative
public record Reduce(Kind kind, Ints axes) implements DifferentiableOp {
  /// What a reduction computes.
  public enum Kind {
    /// The sum; 0 of nothing.
    SUM,
    /// The largest element, NaN if there is one; ties share the gradient equally; an error for an
    /// empty axis.
    MAX
  }

  @Override
  public TensorType result(TensorType[] in) {
    if (kind == Kind.SUM && in[0].dtype() == DType.BOOL) {
      throw new Mismatch("truth values have no sum; cast them to int64 to count");
    }
    if (in[0].dtype() == DType.BOOL) {
      throw new Mismatch("truth values have no maximum; cast them to int32");
    }
    Shape shape = in[0].shape();
    for (int i = 0; i < axes.length(); i++) {
      if (kind == Kind.MAX && shape.dim(axes.get(i)) == 0) {
        throw new Mismatch("axis " + axes.get(i) + " is empty and has no maximum");
      }
      shape = shape.with(shape.axis(axes.get(i)), 1);
    }
    return new TensorType(in[0].dtype(), shape);
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Cells x = in[0];
    Index target = Index.broadcast(out.shape(), x.shape());
    if (out.dtype().isFloat()) {
      double[] total = new double[out.size()];
      java.util.Arrays.fill(total, kind == Kind.SUM ? 0 : Double.NEGATIVE_INFINITY);
      for (int i = 0; i < x.size(); i++) {
        int at = target.of(i);
        total[at] = kind == Kind.SUM ? total[at] + x.real(i) : Math.max(total[at], x.real(i));
      }
      for (int i = 0; i < total.length; i++) {
        out.real(i, total[i]);
      }
    } else {
      long[] total = new long[out.size()];
      java.util.Arrays.fill(total, kind == Kind.SUM ? 0 : Long.MIN_VALUE);
      for (int i = 0; i < x.size(); i++) {
        int at = target.of(i);
        total[at] = kind == Kind.SUM ? total[at] + x.integer(i) : Math.max(total[at], x.integer(i));
      }
      for (int i = 0; i < total.length; i++) {
        out.integer(i, total[i]);
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    Tensor x = in[0];
    if (kind == Kind.SUM) {
      return g.broadcastTo(x.shape());
    }
    Tensor winners = x.equal(out).cast(g.dtype());
    Tensor count = Dispatch.apply(new Reduce(Kind.SUM, axes), winners);
    return winners.times(g.div(count));
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new Reduce(kind, axes.shift(1)), in);
  }

  static List<Sample> samples(Sampler draw) {
    List<Sample> samples = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      samples.add(Sample.of(new Reduce(kind, Ints.of()), draw.distinct()));
      samples.add(Sample.of(new Reduce(kind, Ints.of(0)), draw.distinct(1)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(0)), draw.distinct(37)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(1)), draw.distinct(0, 3)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(0)), draw.distinct(3, 17)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(1)), draw.distinct(3, 17)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(0, 2)), draw.distinct(2, 3, 5)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(1)), draw.distinct(2, 3, 5)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(0, 1, 2)), draw.distinct(2, 3, 5)));
      samples.add(Sample.of(new Reduce(kind, Ints.of(1)), draw.integers(Shape.of(3, 7), -9, 10)));
    }
    samples.add(Sample.of(new Reduce(Kind.SUM, Ints.of(0)), draw.reals(0, 3)));
    samples.add(Sample.of(new Reduce(Kind.SUM, Ints.of(0)), draw.reals(0)));
    return samples;
  }
}
