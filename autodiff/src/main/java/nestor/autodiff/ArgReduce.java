package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// The index (`int64`) of the extreme element along an axis, which is kept with size 1. The first
/// of equals wins; NaN counts as the extreme, as in NumPy.
///
/// @param kind which extreme
/// @param axis the axis, not negative
public record ArgReduce(Kind kind, int axis) implements DiscreteOp {
  /// Which extreme is looked for.
  public enum Kind {
    /// The largest element.
    ARGMAX,
    /// The smallest element.
    ARGMIN
  }

  @Override
  public TensorType result(TensorType[] in) {
    Shape shape = in[0].shape();
    if (shape.dim(axis) == 0) {
      throw new Mismatch("axis " + axis + " is empty and has no extreme element");
    }
    return new TensorType(DType.INT64, shape.with(axis, 1));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Cells x = in[0];
    int length = x.shape().dim(axis);
    int stride = x.shape().strides()[axis];
    for (int i = 0; i < out.size(); i++) {
      int first = i / stride * stride * length + i % stride;
      int best = 0;
      for (int k = 1; k < length; k++) {
        if (beats(x, first + k * stride, first + best * stride)) {
          best = k;
        }
      }
      out.integer(i, best);
    }
  }

  private boolean beats(Cells x, int candidate, int holder) {
    if (x.dtype().isFloat()) {
      if (Double.isNaN(x.real(holder))) {
        return false;
      }
      if (Double.isNaN(x.real(candidate))) {
        return true;
      }
    }
    int order = x.compare(candidate, holder);
    return kind == Kind.ARGMAX ? order > 0 : order < 0;
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new ArgReduce(kind, axis + 1), in);
  }

  static List<Sample> samples(Sampler draw) {
    List<Sample> samples = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      samples.add(Sample.of(new ArgReduce(kind, 0), draw.reals(1)));
      samples.add(Sample.of(new ArgReduce(kind, 0), draw.reals(37)));
      samples.add(Sample.of(new ArgReduce(kind, 1), draw.reals(0, 3)));
      samples.add(Sample.of(new ArgReduce(kind, 1), draw.reals(2, 5, 3)));
      samples.add(Sample.of(new ArgReduce(kind, 2), draw.reals(2, 5, 3)));
      samples.add(Sample.of(new ArgReduce(kind, 1), draw.integers(Shape.of(5, 7), -2, 3)));
    }
    return samples;
  }
}
