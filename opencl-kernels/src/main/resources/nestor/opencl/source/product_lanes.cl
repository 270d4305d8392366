// Matrix products C = A B for processors: a work item computes ROWS x COLUMNS numbers of C, which
// stay in registers, COLUMNS in vectors of 16 or fewer. B's columns are neighbours in memory.
//
// At the lower and the right edge the tile is moved back onto the matrix, and only what no other
// tile has is written. V is the type of COLUMNS numbers; ROWS <= m, COLUMNS <= n.
#define LOAD(p) CAT2(vload, COLUMNS)(0, p)
#define CAT2_(a, b) a##b
#define CAT2(a, b) CAT2_(a, b)
__attribute__((reqd_work_group_size(1, 1, 1)))
__kernel void KERNEL(__global const T *a, int aStart, __global const T *b, int bStart,
                     __global T *c, int cStart, __global const int *starts, int m, int n, int k,
                     int aRow, int aColumn, int bRow, int bColumn, int batch) {
  int tile = get_global_id(1);
  int rows = (m + ROWS - 1) / ROWS;
  int matrix = tile / rows;
  int firstRow = tile % rows * ROWS;
  int firstColumn = get_global_id(0) * COLUMNS;
  int row = min(firstRow, m - ROWS);
  int column = min(firstColumn, n - COLUMNS);
  __global const T *x = a + aStart + starts[matrix] + row * aRow;
  __global const T *y = b + bStart + starts[batch + matrix] + column;
  V sums[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) sums[r] = 0;
  for (int l = 0; l < k; l++) {
    V line = LOAD(y);
#pragma unroll
    for (int r = 0; r < ROWS; r++) sums[r] = fma((V)(x[r * aRow]), line, sums[r]);
    x += aColumn;
    y += bRow;
  }
  __global T *z = c + cStart + (matrix * m + row) * n + column;
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (row + r < firstRow) continue;
    if (column == firstColumn) {
      CAT2(vstore, COLUMNS)(sums[r], 0, z + r * n);
    } else {
      T values[COLUMNS];
      CAT2(vstore, COLUMNS)(sums[r], 0, values);
      for (int j = firstColumn - column; j < COLUMNS; j++) z[r * n + j] = values[j];
    }
  }
}
#undef LOAD
#undef CAT2
#undef CAT2_
