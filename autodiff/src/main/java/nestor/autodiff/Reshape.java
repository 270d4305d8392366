package nestor.autodiff;

import java.util.List;

/// The same elements in row-major order under another shape.
///
/// @param shape the new shape, of the same size
public record Reshape(Shape shape) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    if (in[0].shape().size() != shape.size()) {
      throw new Mismatch(
          "%d elements cannot take the shape %s, which has %d"
              .formatted(in[0].shape().size(), shape, shape.size()));
    }
    return new TensorType(in[0].dtype(), shape);
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], i);
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return g.reshape(in[0].shape());
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return in[0].reshape(shape.prepend(size));
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Reshape(Shape.of(1, 1)), draw.reals()),
        Sample.of(new Reshape(Shape.SCALAR), draw.reals(1)),
        Sample.of(new Reshape(Shape.of(3, 0)), draw.reals(0)),
        Sample.of(new Reshape(Shape.of(5, 3)), draw.reals(3, 5)),
        Sample.of(new Reshape(Shape.of(6)), draw.integers(Shape.of(2, 3), 0, 9)));
  }
}
