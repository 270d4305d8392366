// Sums, or largest elements, over the middle axis of [outer, length, inner], in pieces of PIECE
// elements: each work item gives one number of [outer, pieces, inner]. TOTAL is the type in which
// they are added up, START what they start from, JOIN(a, b) one step.
__kernel void KERNEL(__global const T *in, int inStart, __global T *out, int outStart, int outer,
                     int length, int inner, int pieces) {
  int i = get_global_id(0);
  if (i >= outer * pieces * inner) return;
  int column = i % inner;
  int piece = i / inner % pieces;
  int row = i / inner / pieces;
  int first = piece * PIECE;
  int end = min(length, first + PIECE);
  __global const T *x = in + inStart + row * length * inner + column;
  TOTAL total = START;
  for (int k = first; k < end; k++) total = JOIN(total, (TOTAL)x[k * inner]);
  out[outStart + i] = (T)total;
}
