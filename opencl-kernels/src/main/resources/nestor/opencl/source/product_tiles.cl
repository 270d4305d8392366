// Matrix products C = A B for graphics processors, of any strides. A group of 16 x 16 work items
// computes a tile of (16 PER) x (16 PER) numbers of C, PER x PER of them each, from slices of A and B
// in local memory, DEEP of k at a time.
#define SIDE (16 * PER)
__attribute__((reqd_work_group_size(16, 16, 1)))
__kernel void KERNEL(__global const T *a, int aStart, __global const T *b, int bStart,
                     __global T *c, int cStart, __global const int *starts, int m, int n, int k,
                     int aRow, int aColumn, int bRow, int bColumn, int batch) {
  __local T left[DEEP][SIDE + 1];
  __local T right[DEEP][SIDE + 1];
  int x = get_local_id(0), y = get_local_id(1);
  int id = y * 16 + x;
  int row = get_group_id(1) * SIDE, column = get_group_id(0) * SIDE;
  int matrix = get_global_id(2);
  a += aStart + starts[matrix];
  b += bStart + starts[batch + matrix];
  c += cStart + matrix * m * n;
  // Neighbouring items read neighbouring numbers, along whichever axis they lie.
  bool aLong = aColumn == 1, bLong = bRow == 1;
  T sums[PER][PER];
#pragma unroll
  for (int i = 0; i < PER; i++)
#pragma unroll
    for (int j = 0; j < PER; j++) sums[i][j] = 0;
  for (int l = 0; l < k; l += DEEP) {
#pragma unroll
    for (int e = id; e < SIDE * DEEP; e += 256) {
      int i = aLong ? e / DEEP : e % SIDE, p = aLong ? e % DEEP : e / SIDE;
      left[p][i] = row + i < m && l + p < k ? a[(row + i) * aRow + (l + p) * aColumn] : 0;
      int j = bLong ? e / DEEP : e % SIDE, q = bLong ? e % DEEP : e / SIDE;
      right[q][j] = column + j < n && l + q < k ? b[(l + q) * bRow + (column + j) * bColumn] : 0;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    int deep = min(DEEP, k - l);
    for (int p = 0; p < deep; p++) {
      T lines[PER], columns[PER];
#pragma unroll
      for (int i = 0; i < PER; i++) lines[i] = left[p][y + 16 * i];
#pragma unroll
      for (int j = 0; j < PER; j++) columns[j] = right[p][x + 16 * j];
#pragma unroll
      for (int i = 0; i < PER; i++)
#pragma unroll
        for (int j = 0; j < PER; j++) sums[i][j] = fma(lines[i], columns[j], sums[i][j]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
#pragma unroll
  for (int i = 0; i < PER; i++)
#pragma unroll
    for (int j = 0; j < PER; j++) {
      int r = row + y + 16 * i, s = column + x + 16 * j;
      if (r < m && s < n) c[r * n + s] = sums[i][j];
    }
}
#undef SIDE
