// Sets elements to VALUE.
__kernel void KERNEL(__global T *out, int outStart, int count) {
  int i = get_global_id(0);
  if (i < count) out[outStart + i] = VALUE;
}
