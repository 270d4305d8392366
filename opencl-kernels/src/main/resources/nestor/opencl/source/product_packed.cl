// Matrix products C = A B for processors: B in panels of VECTORS * 16 columns (pack.cl), A in panels of
// ROWS rows if LEFT_PACKED, else as it lies. A work item goes through a block of C, tile by tile; a tile stays
// in registers, a panel of B in the first cache and a block of A in the second for DEPTH of k.
//
// Each number of C is one chain of fused multiply-adds over k, whatever the blocks are.
#define COLUMNS (16 * VECTORS)
#define BLOCK 256
__attribute__((reqd_work_group_size(1, 1, 1)))
__kernel void KERNEL(__global const T *a, int aStart, __global const int *starts, int aRow,
                     int aColumn, __global const T *b, int bStart, int bBatch, __global T *c,
                     int cStart, int m, int n, int k, int rowStep, int columnStep) {
  int matrix = get_global_id(2);
  int firstRow = get_global_id(1) * rowStep;
  int endRow = min(m, firstRow + rowStep);
  int firstColumn = get_global_id(0) * columnStep;
  int endColumn = min(n, firstColumn + columnStep);
  a += aStart + starts[matrix];
  b += bStart + matrix * bBatch;
  c += cStart + matrix * m * n;
  for (int depth = 0; depth < k; depth += DEPTH) {
    int end = min(k, depth + DEPTH);
    for (int block = firstRow; block < endRow; block += BLOCK) {
      int endBlock = min(endRow, block + BLOCK);
      for (int j = firstColumn; j < endColumn; j += COLUMNS) {
        for (int i = block; i < endBlock; i += ROWS) {
#if LEFT_PACKED
          __global const T *x = a + (i / ROWS * k + depth) * ROWS;
#define LINE(r) (r)
#define NEXT ROWS
#else
          __global const T *x = a + i * aRow + depth * aColumn;
          int lines[ROWS]; // beyond the last row that one again
#pragma unroll
          for (int r = 0; r < ROWS; r++) lines[r] = min(r, m - 1 - i) * aRow;
#define LINE(r) lines[r]
#define NEXT aColumn
#endif
          __global const T *y = b + (j / COLUMNS * k + depth) * COLUMNS;
          __global T *z = c + i * n + j;
          bool whole = i + ROWS <= m && j + COLUMNS <= n;
          T edge[COLUMNS];
          T16 sums[ROWS][VECTORS];
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            if (depth == 0) {
#pragma unroll
              for (int v = 0; v < VECTORS; v++) sums[r][v] = 0;
            } else if (whole) {
#pragma unroll
              for (int v = 0; v < VECTORS; v++) sums[r][v] = vload16(v, z + r * n);
            } else {
              for (int q = 0; q < COLUMNS; q++)
                edge[q] = i + r < m && j + q < n ? z[r * n + q] : 0;
#pragma unroll
              for (int v = 0; v < VECTORS; v++) sums[r][v] = vload16(v, edge);
            }
          }
          for (int l = depth; l < end; l++) {
            T16 line[VECTORS];
#pragma unroll
            for (int v = 0; v < VECTORS; v++) line[v] = vload16(v, y);
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
              T16 factor = (T16)(x[LINE(r)]);
#pragma unroll
              for (int v = 0; v < VECTORS; v++) sums[r][v] = fma(factor, line[v], sums[r][v]);
            }
            x += NEXT;
            y += COLUMNS;
          }
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            if (whole) {
#pragma unroll
              for (int v = 0; v < VECTORS; v++) vstore16(sums[r][v], v, z + r * n);
            } else if (i + r < m) {
#pragma unroll
              for (int v = 0; v < VECTORS; v++) vstore16(sums[r][v], v, edge);
              for (int q = 0; q < COLUMNS && j + q < n; q++) z[r * n + q] = edge[q];
            }
          }
        }
      }
    }
  }
}
#undef COLUMNS
#undef BLOCK
#undef LINE
#undef NEXT
