// Matrix products C = A B for processors, of matrices as they lie: a work item computes tiles of
// ROWS rows by VECTORS vectors of LANES numbers of C, which stay in registers, down a strip of
// columns. B's columns are neighbours in memory.
//
// At the lower and the right edge the tile is moved back onto the matrix, and only what no other
// tile has is written; ROWS <= m, COLUMNS = VECTORS * LANES <= n. Each number is one chain of fused
// multiply-adds over k.
#define CAT2_(a, b) a##b
#define CAT2(a, b) CAT2_(a, b)
#define COLUMNS (VECTORS * LANES)
__attribute__((reqd_work_group_size(1, 1, 1)))
__kernel void KERNEL(__global const T *a, int aStart, __global const T *b, int bStart,
                     __global T *c, int cStart, __global const int *starts, int m, int n, int k,
                     int aRow, int aColumn, int bRow, int bColumn, int batch, int rowStep) {
  int matrix = get_global_id(2);
  int firstColumn = get_global_id(0) * COLUMNS;
  int column = min(firstColumn, n - COLUMNS);
  int start = get_global_id(1) * rowStep;
  int end = min(m, start + rowStep);
  for (int firstRow = start; firstRow < end; firstRow += ROWS) {
    int row = min(firstRow, m - ROWS);
    __global const T *x = a + aStart + starts[matrix] + row * aRow;
    __global const T *y = b + bStart + starts[batch + matrix] + column;
    V sums[ROWS][VECTORS];
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
      for (int v = 0; v < VECTORS; v++) sums[r][v] = 0;
    for (int l = 0; l < k; l++) {
      V line[VECTORS];
#pragma unroll
      for (int v = 0; v < VECTORS; v++) line[v] = CAT2(vload, LANES)(v, y);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        V factor = (V)(x[r * aRow]);
#pragma unroll
        for (int v = 0; v < VECTORS; v++) sums[r][v] = fma(factor, line[v], sums[r][v]);
      }
      x += aColumn;
      y += bRow;
    }
    __global T *z = c + cStart + (matrix * m + row) * n + column;
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      if (row + r < firstRow) continue;
      if (column == firstColumn) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++) CAT2(vstore, LANES)(sums[r][v], v, z + r * n);
      } else {
        T values[COLUMNS];
#pragma unroll
        for (int v = 0; v < VECTORS; v++) CAT2(vstore, LANES)(sums[r][v], v, values);
        for (int j = firstColumn - column; j < COLUMNS; j++) z[r * n + j] = values[j];
      }
    }
  }
}
#undef COLUMNS
#undef CAT2
#undef CAT2_
