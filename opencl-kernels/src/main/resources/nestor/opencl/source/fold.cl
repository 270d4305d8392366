// The adjoint of unfold: each pixel of images [n, channels, height, width] is the sum of the windows'
// cells that show it, in the order in which the windows lie.
__kernel void KERNEL(__global const T *in, int inStart, __global T *out, int outStart, int height,
                     int width, int windowHeight, int windowWidth, int stride, int padding,
                     int down, int across, int count) {
  int i = get_global_id(0);
  if (i >= count) return;
  int x = i % width + padding;
  int y = i / width % height + padding;
  int plane = i / (height * width);
  T total = 0;
  for (int cellY = 0; cellY < windowHeight; cellY++) {
    int row = y - cellY;
    if (row < 0 || row % stride != 0 || row / stride >= down) continue;
    for (int cellX = 0; cellX < windowWidth; cellX++) {
      int column = x - cellX;
      if (column < 0 || column % stride != 0 || column / stride >= across) continue;
      int cell = (plane * windowHeight + cellY) * windowWidth + cellX;
      total += in[inStart + (cell * down + row / stride) * across + column / stride];
    }
  }
  out[outStart + i] = total;
}
