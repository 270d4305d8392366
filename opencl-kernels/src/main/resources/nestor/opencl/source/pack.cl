// Packs matrices into panels of WIDTH rows or columns: [matrix, panel, k, WIDTH], zeros beyond the
// last one. `across` is the distance of neighbours in a panel's line, `along` that of lines.
__attribute__((reqd_work_group_size(1, 1, 1)))
__kernel void KERNEL(__global const T *in, int inStart, __global T *out, int outStart,
                     __global const int *starts, int count, int k, int across, int along,
                     int depth) {
  int panel = get_global_id(0);
  int panels = get_global_size(0);
  int matrix = get_global_id(2);
  int l = get_global_id(1) * depth;
  int end = min(k, l + depth);
  int width = min(WIDTH, count - panel * WIDTH);
  __global const T *x = in + inStart + starts[matrix] + panel * WIDTH * across + l * along;
  __global T *y = out + outStart + ((matrix * panels + panel) * k + l) * WIDTH;
#if WIDTH % 8 == 0
  if (width == WIDTH && across == 1) {
    for (; l < end; l++, x += along, y += WIDTH)
      for (int w = 0; w < WIDTH; w += 8) vstore8(vload8(0, x + w), 0, y + w);
  } else if (width == WIDTH && along == 1) {
    // 8 x 8 at a time: three times, neighbouring lines' even and odd numbers come together.
    for (; l + 8 <= end; l += 8, x += 8, y += 8 * WIDTH) {
      for (int w = 0; w < WIDTH; w += 8) {
        T8 v[8], u[8];
#pragma unroll
        for (int i = 0; i < 8; i++) v[i] = vload8(0, x + (w + i) * across);
#pragma unroll
        for (int i = 0; i < 4; i++) {
          u[i] = (T8)(v[2 * i].even, v[2 * i + 1].even);
          u[i + 4] = (T8)(v[2 * i].odd, v[2 * i + 1].odd);
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
          v[i] = (T8)(u[2 * i].even, u[2 * i + 1].even);
          v[i + 4] = (T8)(u[2 * i].odd, u[2 * i + 1].odd);
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
          u[i] = (T8)(v[2 * i].even, v[2 * i + 1].even);
          u[i + 4] = (T8)(v[2 * i].odd, v[2 * i + 1].odd);
        }
#pragma unroll
        for (int i = 0; i < 8; i++) vstore8(u[i], 0, y + i * WIDTH + w);
      }
    }
  }
#endif
  for (; l < end; l++, x += along, y += WIDTH)
    for (int w = 0; w < WIDTH; w++) y[w] = w < width ? x[w * across] : 0;
}
