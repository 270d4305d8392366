package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Converts the element type as Java does: floats to integers by truncation (NaN to 0), anything
/// but 0 to true, true to 1.
///
/// Between floating types the gradient is cast back; to and from other types there is none.
///
/// @param to the new element type
public record Cast(DType to) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    return new TensorType(to, in[0].shape());
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Cells x = in[0];
    for (int i = 0; i < out.size(); i++) {
      if (x.dtype().isFloat()) {
        double value = x.real(i);
        if (to.isFloat()) {
          out.real(i, value);
        } else if (to == DType.INT32) {
          out.integer(i, (int) value);
        } else if (to == DType.INT64) {
          out.integer(i, (long) value);
        } else {
          out.bool(i, value != 0);
        }
      } else {
        long value = x.dtype() == DType.BOOL ? (x.bool(i) ? 1 : 0) : x.integer(i);
        if (to.isFloat()) {
          out.real(i, to == DType.FLOAT32 ? (float) value : (double) value);
        } else if (to.isInteger()) {
          out.integer(i, value);
        } else {
          out.bool(i, value != 0);
        }
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return g.cast(in[0].dtype());
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(this, in);
  }

  static List<Sample> samples(Sampler draw) {
    List<Sample> samples = new ArrayList<>();
    for (DType to : DType.values()) {
      Cast op = new Cast(to);
      samples.addAll(draw.overShapes(op, shape -> draw.reals(shape, -3, 3)));
      samples.add(Sample.of(op, draw.integers(Shape.of(17), -3, 3)));
      samples.add(Sample.of(op, draw.integers(Shape.of(5), -3, 3).cast(DType.INT32)));
      samples.add(Sample.of(op, draw.bools(Shape.of(7))));
    }
    return samples;
  }
}
