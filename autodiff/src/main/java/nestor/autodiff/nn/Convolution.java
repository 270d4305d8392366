package nestor.autodiff.nn;

import nestor.autodiff.Tensor;
import nestor.autodiff.Window;

/// Convolution, as unfolded windows times filters.
public final class Convolution {
  private Convolution() {}

  /// The cross-correlation of images `[n, in, h, w]` with filters `[out, in, kh, kw]`, with zeros
  /// `padding` wide on every side; gives `[n, out, h', w']`, h' = (h + 2 padding − kh) / stride +
  /// 1.
  public static Tensor conv2d(Tensor x, Tensor filters, int stride, int padding) {
    int height = filters.shape().dim(-2);
    int width = filters.shape().dim(-1);
    Tensor windows = x.unfold(new Window(height, width, stride, padding));
    int channels = filters.shape().dim(0);
    Tensor out = filters.reshape(channels, -1).matmul(windows); // [n, out, positions]
    int rows = (x.shape().dim(2) + 2 * padding - height) / stride + 1;
    return out.reshape(x.shape().dim(0), channels, rows, -1);
  }
}
