// Running sums over the middle axis of [outer, length, inner], from FIRST_LAST(k), the k-th element
// that is added. A work item goes along one axis.
__kernel void KERNEL(__global const T *in, int inStart, __global T *out, int outStart, int outer,
                     int length, int inner) {
  int i = get_global_id(0);
  if (i >= outer * inner) return;
  int start = i / inner * length * inner + i % inner;
  TOTAL total = 0;
  for (int k = 0; k < length; k++) {
    int at = start + inner * ORDER(k, length);
    total += (TOTAL)in[inStart + at];
    out[outStart + at] = (T)total;
  }
}
