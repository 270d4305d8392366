// Adds rows: out [batch, rows, width] is x plus the updates [batch, count, width] at the rows that
// indices [batch, count] name. A work item goes through all indices for one element of the result,
// so that additions have one order and no element has two writers.
__kernel void KERNEL(__global const T *x, int xStart, __global const I *indices, int indicesStart,
                     __global const T *updates, int updatesStart, __global T *out, int outStart,
                     __global volatile int *faults, int fault, int batch, int rows, int count,
                     int width) {
  int column = get_global_id(0);
  int i = get_global_id(1);
  if (column >= width || i >= batch * rows) return;
  int row = i % rows;
  __global const I *wanted = indices + indicesStart + i / rows * count;
  __global const T *from = updates + updatesStart + i / rows * count * width + column;
  T total = x[xStart + i * width + column];
  for (int k = 0; k < count; k++) {
    long at = wanted[k];
    if (at == row) total += from[k * width];
    if (at < 0 || at >= rows) complain(faults, fault, at);
  }
  out[outStart + i * width + column] = total;
}
