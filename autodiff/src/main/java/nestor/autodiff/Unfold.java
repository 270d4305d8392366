package nestor.autodiff;

import java.util.List;

/// Lays the windows of images side by side, zeros where a window leaves its image (im2col).
///
/// Images `[n, channels, h, w]` become `[n, channels · window, positions]`.
///
/// @param window the sliding window
public record Unfold(Window window) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Pointwise.floating(in[0]);
    Shape x = in[0].shape();
    if (x.rank() != 4) {
      throw new Mismatch("needs images [n, channels, height, width]");
    }
    window.check(x.dim(2), x.dim(3));
    int positions =
        window.count(x.dim(2), window.height()) * window.count(x.dim(3), window.width());
    int cells = x.dim(1) * window.height() * window.width();
    return new TensorType(in[0].dtype(), Shape.of(x.dim(0), cells, positions));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Shape image = in[0].shape();
    for (int i = 0; i < out.size(); i++) {
      int at = source(image, window, i);
      if (at >= 0) {
        out.copy(i, in[0], at);
      }
    }
  }

  /// The position in the images that position `i` of the unfolded windows shows, or −1 for padding.
  static int source(Shape image, Window window, int i) {
    int rows = window.count(image.dim(2), window.height());
    int columns = window.count(image.dim(3), window.width());
    int position = i % (rows * columns);
    int cell = i / (rows * columns);
    int y =
        position / columns * window.stride()
            + cell / window.width() % window.height()
            - window.padding();
    int x = position % columns * window.stride() + cell % window.width() - window.padding();
    boolean inside = y >= 0 && y < image.dim(2) && x >= 0 && x < image.dim(3);
    int plane = cell / (window.height() * window.width());
    return inside ? (plane * image.dim(2) + y) * image.dim(3) + x : -1;
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    Shape x = in[0].shape();
    return Dispatch.apply(new Fold(window, x.dim(2), x.dim(3)), g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return mergeBatch(this, in[0]);
  }

  /// Applies an operator on `[n, …]` to `[batch, n, …]` as if it were `[batch · n, …]`.
  static Tensor mergeBatch(Op op, Tensor x) {
    Shape shape = x.shape();
    Shape rest = shape.range(2, shape.rank());
    Tensor merged = x.reshape(rest.prepend(shape.dim(0) * shape.dim(1)));
    Tensor result = Dispatch.apply(op, merged);
    return result.reshape(result.shape().dropFirst().prepend(shape.dim(1)).prepend(shape.dim(0)));
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Unfold(new Window(1, 1, 1, 0)), draw.reals(1, 1, 1, 1)),
        Sample.of(new Unfold(new Window(2, 2, 1, 0)), draw.reals(0, 1, 2, 2)),
        Sample.of(new Unfold(new Window(3, 2, 1, 1)), draw.reals(2, 1, 3, 5)),
        Sample.of(new Unfold(new Window(3, 3, 2, 1)), draw.reals(1, 2, 5, 3)),
        Sample.of(new Unfold(new Window(2, 3, 1, 0)), draw.reals(1, 2, 3, 5)),
        Sample.of(new Unfold(new Window(1, 5, 1, 2)), draw.reals(1, 1, 2, 1)));
  }
}
