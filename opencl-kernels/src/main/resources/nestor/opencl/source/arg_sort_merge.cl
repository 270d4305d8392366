// A step of a stable merge sort along the middle axis of [outer, length, inner]: pairs of sorted
// runs of `run` indices become one. Each index finds its place by a binary search in the other run.
// LESS(a, b) is whether element a belongs before element b.
__kernel void KERNEL(__global const T *in, int inStart, __global const long *from, int fromStart,
                     __global long *to, int toStart, int length, int inner, int run, int count) {
  int i = get_global_id(0);
  if (i >= count) return;
  int k = i / inner % length;
  int base = i / inner / length * length * inner + i % inner;
  __global const T *x = in + inStart + base;
  __global const long *indices = from + fromStart + base;
  long own = indices[k * inner];
  T value = x[own * inner];
  int left = k / (2 * run) * 2 * run;
  int middle = min(length, left + run);
  int right = min(length, left + 2 * run);
  bool isLeft = k < middle;
  int low = isLeft ? middle : left;
  int high = isLeft ? right : middle;
  int first = low;
  while (low < high) {
    int half_ = (low + high) / 2;
    T other = x[indices[half_ * inner] * inner];
    // Of equals, those of the left run come first.
    bool before = isLeft ? LESS(other, value) : !LESS(value, other);
    if (before) low = half_ + 1;
    else high = half_;
  }
  int place = left + (k - (isLeft ? left : middle)) + (low - first);
  to[toStart + base + place * inner] = own;
}
