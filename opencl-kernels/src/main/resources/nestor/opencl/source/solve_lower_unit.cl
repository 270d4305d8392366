// Solves T z = y by substitution, T = I + the strictly lower part of l [batch, n, n] or its
// transpose, y and z [batch, n, p]. A work item solves for one column.
__kernel void KERNEL(__global const T *l, int lStart, __global const T *y, int yStart,
                     __global T *z, int zStart, int batch, int n, int p) {
  int i = get_global_id(0);
  if (i >= batch * p) return;
  __global const T *matrix = l + lStart + i / p * n * n;
  __global const T *right = y + yStart + i / p * n * p + i % p;
  __global T *left = z + zStart + i / p * n * p + i % p;
  for (int step = 0; step < n; step++) {
    int row = TRANSPOSED ? n - 1 - step : step;
    TOTAL rest = right[row * p];
    for (int done = 0; done < step; done++) {
      int k = TRANSPOSED ? n - 1 - done : done;
      rest -= (TOTAL)matrix[TRANSPOSED ? k * n + row : row * n + k] * (TOTAL)left[k * p];
    }
    left[row * p] = (T)rest;
  }
}
