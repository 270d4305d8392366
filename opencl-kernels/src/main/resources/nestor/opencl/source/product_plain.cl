// Matrix products C = A B, of any strides: a work item for each number of C.
__kernel void KERNEL(__global const T *a, int aStart, __global const T *b, int bStart,
                     __global T *c, int cStart, __global const int *starts, int m, int n, int k,
                     int aRow, int aColumn, int bRow, int bColumn, int batch) {
  int column = get_global_id(0);
  int line = get_global_id(1);
  if (column >= n || line >= batch * m) return;
  int matrix = line / m;
  int row = line % m;
  __global const T *x = a + aStart + starts[matrix] + row * aRow;
  __global const T *y = b + bStart + starts[batch + matrix] + column * bColumn;
  T sum = 0;
  for (int l = 0; l < k; l++) sum = fma(x[l * aColumn], y[l * bRow], sum);
  c[cStart + line * n + column] = sum;
}
