// Windows of images side by side: images [n, channels, height, width] give
// [n, channels * windowHeight * windowWidth, down * across], zeros outside of an image.
__kernel void KERNEL(__global const T *in, int inStart, __global T *out, int outStart, int height,
                     int width, int windowHeight, int windowWidth, int stride, int padding,
                     int down, int across, int count) {
  int i = get_global_id(0);
  if (i >= count) return;
  int position = i % (down * across);
  int cell = i / (down * across);
  int y = position / across * stride + cell / windowWidth % windowHeight - padding;
  int x = position % across * stride + cell % windowWidth - padding;
  bool inside = y >= 0 && y < height && x >= 0 && x < width;
  int plane = cell / (windowHeight * windowWidth);
  out[outStart + i] = inside ? in[inStart + (plane * height + y) * width + x] : 0;
}
