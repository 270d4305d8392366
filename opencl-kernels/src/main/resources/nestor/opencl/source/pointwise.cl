// An operator element by element under NumPy's broadcasting, on types A, B and C of operands and R
// of the result. APPLY(a, b, c) is its definition, in which COMPLAIN(x) tells of a bad operand.
//
// layout: the number of axes n, then n sizes, then for each operand n strides, outermost first.
#define COMPLAIN(x) complain(faults, fault, x)
__kernel void KERNEL(__global const A *a, int aStart, __global const B *b, int bStart,
                     __global const C *c, int cStart, __global R *out, int outStart,
                     __global volatile int *faults, int fault, __global const int *layout,
                     int count) {
  int i = get_global_id(0);
  if (i >= count) return;
  int rank = layout[0];
  int rest = i;
  for (int axis = rank; axis > 0; axis--) {
    int size = layout[axis];
    int at = rest % size;
    rest /= size;
    aStart += at * layout[rank + axis];
    bStart += at * layout[2 * rank + axis];
    cStart += at * layout[3 * rank + axis];
  }
  out[outStart + i] = APPLY(a[aStart], b[bStart], c[cStart]);
}
#undef COMPLAIN
