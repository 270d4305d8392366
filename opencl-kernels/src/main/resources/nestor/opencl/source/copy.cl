// Copies one strided view to another. T is a type of the elements' size.
//
// layout: the number of axes n, then n sizes, n strides read, n strides written, outermost first.
__kernel void KERNEL(__global const T *in, int inStart, __global T *out, int outStart,
                     __global const int *layout, int count) {
  int i = get_global_id(0);
  if (i >= count) return;
  int rank = layout[0];
  int from = inStart, to = outStart, rest = i;
  for (int axis = rank; axis > 0; axis--) {
    int size = layout[axis];
    int at = rest % size;
    rest /= size;
    from += at * layout[rank + axis];
    to += at * layout[2 * rank + axis];
  }
  out[to] = in[from];
}
