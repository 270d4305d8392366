package nestor.autodiff.cpu;

import nestor.autodiff.Fold;
import nestor.autodiff.Operand;
import nestor.autodiff.Shape;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unfold;
import nestor.autodiff.Window;

/// Windows of images side by side, and added up again.
final class WindowKernels {
  private WindowKernels() {}

  /// Copies `length` neighbouring positions of one window cell: `unfolded` is where they stand in
  /// the unfolded windows, `image` where in the images (every `stride`-th element).
  @FunctionalInterface
  private interface Run {
    void at(int unfolded, int image, int length);
  }

  static Object unfold(Unfold op, Operand x, TensorType result) {
    int stride = op.window().stride();
    if (x.stored() instanceof double[] in) {
      double[] out = new double[result.shape().size()];
      forRuns(
          op.window(),
          x.shape(),
          (unfolded, image, length) ->
              StridedCopy.copy(in, image, stride, out, unfolded, 1, length));
      return out;
    }
    float[] in = (float[]) x.stored();
    float[] out = new float[result.shape().size()];
    forRuns(
        op.window(),
        x.shape(),
        (unfolded, image, length) -> StridedCopy.copy(in, image, stride, out, unfolded, 1, length));
    return out;
  }

  static Object fold(Fold op, Operand x, TensorType result) {
    int stride = op.window().stride();
    if (x.stored() instanceof double[] in) {
      double[] out = new double[result.shape().size()];
      forRuns(
          op.window(),
          result.shape(),
          (unfolded, image, length) -> {
            for (int i = 0; i < length; i++) {
              out[image + i * stride] += in[unfolded + i];
            }
          });
      return out;
    }
    float[] in = (float[]) x.stored();
    float[] out = new float[result.shape().size()];
    forRuns(
        op.window(),
        result.shape(),
        (unfolded, image, length) -> {
          for (int i = 0; i < length; i++) {
            out[image + i * stride] += in[unfolded + i];
          }
        });
    return out;
  }

  private static void forRuns(Window window, Shape images, Run run) {
    int planes = images.dim(0) * images.dim(1);
    int height = images.dim(2);
    int width = images.dim(3);
    int rows = window.count(height, window.height());
    int columns = window.count(width, window.width());
    for (int plane = 0; plane < planes; plane++) {
      for (int cell = 0; cell < window.height() * window.width(); cell++) {
        int cellX = cell % window.width() - window.padding();
        int first = Math.max(0, Math.ceilDiv(-cellX, window.stride()));
        int end = Math.min(columns, Math.ceilDiv(width - cellX, window.stride()));
        for (int row = 0; row < rows; row++) {
          int y = row * window.stride() + cell / window.width() - window.padding();
          if (y >= 0 && y < height && first < end) {
            int unfolded =
                ((plane * window.height() * window.width() + cell) * rows + row) * columns + first;
            int image = (plane * height + y) * width + first * window.stride() + cellX;
            run.at(unfolded, image, end - first);
          }
        }
      }
    }
  }
}
