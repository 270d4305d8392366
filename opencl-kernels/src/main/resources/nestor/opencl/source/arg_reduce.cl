// The index of the extreme element over the middle axis of [outer, length, inner]: the first of
// equals, NaN before all. BEATS(a, b) is whether a takes the place of b.
__kernel void KERNEL(__global const T *in, int inStart, __global long *out, int outStart,
                     int outer, int length, int inner) {
  int i = get_global_id(0);
  if (i >= outer * inner) return;
  __global const T *x = in + inStart + i / inner * length * inner + i % inner;
  int best = 0;
  for (int k = 1; k < length; k++)
    if (BEATS(x[k * inner], x[best * inner])) best = k;
  out[outStart + i] = best;
}
