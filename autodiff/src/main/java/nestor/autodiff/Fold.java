package nestor.autodiff;

import java.util.List;

/// The adjoint of [Unfold]: adds windows `[n, channels · window, positions]` up into images, which
/// are `[n, channels, height, width]` (col2im).
///
/// @param window the sliding window
/// @param height the images' height
/// @param width the images' width
public record Fold(Window window, int height, int width) implements DifferentiableOp {
  @Override
  public TensorType result(TensorType[] in) {
    Pointwise.floating(in[0]);
    window.check(height, width);
    Shape x = in[0].shape();
    int cells = window.height() * window.width();
    int positions = window.count(height, window.height()) * window.count(width, window.width());
    if (x.rank() != 3 || x.dim(1) % cells != 0 || x.dim(2) != positions) {
      throw new Mismatch(
          "needs windows [n, channels · %d, %d] for images of %d × %d"
              .formatted(cells, positions, height, width));
    }
    return new TensorType(in[0].dtype(), Shape.of(x.dim(0), x.dim(1) / cells, height, width));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    for (int i = 0; i < in[0].size(); i++) {
      int at = Unfold.source(out.shape(), window, i);
      if (at >= 0) {
        out.add(at, in[0], i);
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return Dispatch.apply(new Unfold(window), g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Unfold.mergeBatch(this, in[0]);
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new Fold(new Window(1, 1, 1, 0), 1, 1), draw.reals(1, 1, 1)),
        Sample.of(new Fold(new Window(2, 2, 1, 0), 2, 2), draw.reals(0, 4, 1)),
        Sample.of(new Fold(new Window(3, 2, 1, 1), 3, 5), draw.reals(2, 6, 18)),
        Sample.of(new Fold(new Window(3, 3, 2, 1), 5, 3), draw.reals(1, 18, 6)),
        Sample.of(new Fold(new Window(2, 3, 1, 0), 3, 5), draw.reals(1, 12, 6)),
        Sample.of(new Fold(new Window(1, 5, 1, 2), 2, 1), draw.reals(1, 5, 6)));
  }
}
