// Picks rows: x [batch, rows, width] and indices [batch, picked] give [batch, picked, width]. An
// index that is no row gives row 0 and a complaint.
__kernel void KERNEL(__global const T *x, int xStart, __global const I *indices, int indicesStart,
                     __global T *out, int outStart, __global volatile int *faults, int fault,
                     int batch, int rows, int picked, int width) {
  int column = get_global_id(0);
  int i = get_global_id(1);
  if (column >= width || i >= batch * picked) return;
  long row = indices[indicesStart + i];
  if (row < 0 || row >= rows) {
    complain(faults, fault, row);
    row = 0;
  }
  out[outStart + i * width + column] = x[xStart + (i / picked * rows + (int)row) * width + column];
}
