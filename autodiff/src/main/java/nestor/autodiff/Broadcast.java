package nestor.autodiff;

import java.util.Arrays;
import java.util.List;

/// Repeats a tensor along new leading axes and along axes of size 1.
///
/// @param shape the shape of the result
public record Broadcast(Shape shape) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    if (!in[0].shape().broadcast(shape).equals(shape)) {
      throw new Mismatch("cannot be broadcast to " + shape);
    }
    return new TensorType(in[0].dtype(), shape);
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index source = Index.broadcast(in[0].shape(), shape);
    for (int i = 0; i < out.size(); i++) {
      out.copy(i, in[0], source.of(i));
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return sumTo(g, in[0].shape());
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    Shape own = in[0].shape();
    int[] dims = new int[shape.rank() + 1];
    Arrays.fill(dims, 1);
    dims[0] = size;
    for (int axis = 1; axis < own.rank(); axis++) {
      dims[dims.length - own.rank() + axis] = own.dim(axis);
    }
    return in[0].reshape(dims).broadcastTo(shape.prepend(size));
  }

  /// The adjoint of broadcasting: sums over the axes along which `target` was repeated.
  static Tensor sumTo(Tensor g, Shape target) {
    Shape shape = g.shape();
    if (shape.equals(target)) {
      return g;
    }
    int extra = shape.rank() - target.rank();
    int[] axes = new int[shape.rank()];
    int count = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      boolean repeated = axis < extra || (target.dim(axis - extra) == 1 && shape.dim(axis) != 1);
      if (repeated) {
        axes[count++] = axis;
      }
    }
    Reduce sum = new Reduce(Reduce.Kind.SUM, Ints.of(Arrays.copyOf(axes, count)));
    return Dispatch.apply(sum, g).reshape(target);
  }

  /// Gives every operand the batch axis.
  static Tensor[] mapAll(Tensor[] in, boolean[] mapped, int size) {
    Tensor[] all = in.clone();
    for (int i = 0; i < in.length; i++) {
      if (!mapped[i]) {
        all[i] = in[i].broadcastTo(in[i].shape().prepend(size));
      }
    }
    return all;
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Broadcast(Shape.SCALAR), draw.reals()),
        Sample.of(new Broadcast(Shape.of(3, 2)), draw.reals()),
        Sample.of(new Broadcast(Shape.of(7)), draw.reals(1)),
        Sample.of(new Broadcast(Shape.of(0, 3)), draw.reals(3)),
        Sample.of(new Broadcast(Shape.of(3, 2, 5)), draw.reals(2, 1)),
        Sample.of(new Broadcast(Shape.of(3, 2, 5)), draw.reals(1, 2, 1)),
        Sample.of(new Broadcast(Shape.of(2, 3)), draw.bools(Shape.of(3))));
  }
}
