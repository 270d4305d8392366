// The indices 0, 1, ... along the middle axis of [outer, length, inner].
__kernel void KERNEL(__global long *out, int outStart, int length, int inner, int count) {
  int i = get_global_id(0);
  if (i < count) out[outStart + i] = i / inner % length;
}
