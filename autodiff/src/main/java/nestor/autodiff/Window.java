package nestor.autodiff;

/// A sliding window over the last two axes of an image.
///
/// @param height the window's height
/// @param width the window's width
/// @param stride the distance between neighbouring windows on both axes
/// @param padding zeros around the image on every side
public record Window(int height, int width, int stride, int padding) {
  /// The number of windows along an axis of a size, for a window of an extent.
  public int count(int size, int extent) {
    return (size + 2 * padding - extent) / stride + 1;
  }

  /// Demands a window that fits an image.
  void check(int imageHeight, int imageWidth) {
    if (height < 1 || width < 1 || stride < 1 || padding < 0) {
      throw new Mismatch(this + " needs positive sizes and stride, and padding of at least 0");
    }
    if (imageHeight + 2 * padding < height || imageWidth + 2 * padding < width) {
      throw new Mismatch(
          "%s is larger than the padded image of %d × %d"
              .formatted(this, imageHeight + 2 * padding, imageWidth + 2 * padding));
    }
  }
}
