// Stands before every kernel. What is rounded in between stays so: nothing is contracted unless it
// says fma. FLOAT64 is defined where the device has it, EXACT_DIVISION where quotients and roots of
// float are correctly rounded.
#pragma OPENCL FP_CONTRACT OFF

#ifdef FLOAT64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
// Sums of float are taken in double where there is double.
typedef double wide;
typedef double16 wide16;
#define convert_wide convert_double
#define convert_wide16 convert_double16
#define lanes_wide lanes_double
#define sum_of_wide sum_of_double
#define maximum_wide maximum_double
#else
typedef float wide;
typedef float16 wide16;
#define convert_wide convert_float
#define convert_wide16 convert_float16
#define lanes_wide lanes_float
#define sum_of_wide sum_of_float
#define maximum_wide maximum_float
#endif

// Quotient and root of float, correctly rounded: double has more than twice the digits, so rounding
// twice does no harm.
#if defined(EXACT_DIVISION) || !defined(FLOAT64)
#define exact_quotient(a, b) ((a) / (b))
#define exact_root(a) sqrt(a)
#else
#define exact_quotient(a, b) ((float)((double)(a) / (double)(b)))
#define exact_root(a) ((float)sqrt((double)(a)))
#endif

// The larger and the smaller number as in Java: NaN wins, and -0 is below +0.
#define EXTREMES(T, U)                                                                             \
  inline T maximum_##T(T a, T b) {                                                                 \
    T r = a > b ? a : a == b ? as_##T((U)(as_##U(a) & as_##U(b))) : b;                             \
    return a != a ? a : r;                                                                         \
  }                                                                                                \
  inline T minimum_##T(T a, T b) {                                                                 \
    T r = a < b ? a : a == b ? as_##T((U)(as_##U(a) | as_##U(b))) : b;                             \
    return a != a ? a : r;                                                                         \
  }

#define VECTOR_EXTREMES(T, U)                                                                      \
  inline T maximum_##T(T a, T b) {                                                                 \
    T r = select(b, a, a > b);                                                                     \
    r = select(r, as_##T(as_##U(a) & as_##U(b)), a == b);                                          \
    return select(r, a, a != a);                                                                   \
  }                                                                                                \
  inline T minimum_##T(T a, T b) {                                                                 \
    T r = select(b, a, a < b);                                                                     \
    r = select(r, as_##T(as_##U(a) | as_##U(b)), a == b);                                          \
    return select(r, a, a != a);                                                                   \
  }

// What 16 lanes come to: lanes l and l + 8 first, then l and l + 4, l + 2, l + 1.
#define TREES(T)                                                                                   \
  inline T sum_of_##T(T##16 lanes) {                                                               \
    T##8 a = lanes.lo + lanes.hi;                                                                  \
    T##4 b = a.lo + a.hi;                                                                          \
    T##2 c = b.lo + b.hi;                                                                          \
    return c.x + c.y;                                                                              \
  }                                                                                                \
  inline T maximum_of_##T(T##16 lanes) {                                                           \
    T r = lanes.s0;                                                                                \
    T rest[16];                                                                                    \
    vstore16(lanes, 0, rest);                                                                      \
    for (int i = 1; i < 16; i++) r = maximum_##T(r, rest[i]);                                      \
    return r;                                                                                      \
  }

// The first numbers of a vector from and to memory, zeros behind them.
#define PARTS(T)                                                                                   \
  inline T##16 part_of_##T(__global const T *from, int count) {                                    \
    T values[16];                                                                                  \
    for (int i = 0; i < 16; i++) values[i] = i < count ? from[i] : 0;                              \
    return vload16(0, values);                                                                     \
  }                                                                                                \
  inline void put_part_of_##T(T##16 lanes, __global T *to, int count) {                            \
    T values[16];                                                                                  \
    vstore16(lanes, 0, values);                                                                    \
    for (int i = 0; i < count; i++) to[i] = values[i];                                             \
  }

EXTREMES(float, uint)
VECTOR_EXTREMES(float16, uint16)
TREES(float)
PARTS(float)
PARTS(uchar)

// Which lanes are among the first ones.
inline int16 lanes_float(int count) {
  return (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) < (int16)(count);
}

// The rare arguments of elementary functions of float, by way of double where there is double.
inline float widenedLog(float x) {
  return x >= 0 ? (float)log(convert_wide(x)) : as_float(0x7fc00000);
}
inline float widenedLog1p(float x) {
  return x >= -1 ? (float)log1p(convert_wide(x)) : as_float(0x7fc00000);
}
inline float widenedSin(float x) {
  return fabs(x) <= FLT_MAX ? (float)sin(convert_wide(x)) : as_float(0x7fc00000);
}
inline float widenedCos(float x) {
  return fabs(x) <= FLT_MAX ? (float)cos(convert_wide(x)) : as_float(0x7fc00000);
}

// The same, lane by lane, where a condition holds.
#define PATCHES(NAME)                                                                              \
  inline float16 NAME##_lanes(int16 where, float16 x, float16 otherwise) {                         \
    if (!any(where)) return otherwise;                                                             \
    float in[16], out[16];                                                                         \
    int at[16];                                                                                    \
    vstore16(x, 0, in);                                                                            \
    vstore16(otherwise, 0, out);                                                                   \
    vstore16(where, 0, at);                                                                        \
    for (int i = 0; i < 16; i++)                                                                   \
      if (at[i]) out[i] = NAME(in[i]);                                                             \
    return vload16(0, out);                                                                        \
  }
PATCHES(widenedLog)
PATCHES(widenedLog1p)
PATCHES(widenedSin)
PATCHES(widenedCos)

#ifdef FLOAT64
EXTREMES(double, ulong)
VECTOR_EXTREMES(double16, ulong16)
TREES(double)
PARTS(double)

inline long16 lanes_double(int count) {
  return (long16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) < (long16)(count);
}
#endif

// A kernel's complaint, the first of which is kept: its number, and what it came across.
inline void complain(__global volatile int *faults, int number, long value) {
  if (atomic_cmpxchg(faults, 0, number) == 0) {
    faults[2] = (int)value;
    faults[3] = (int)(value >> 32);
  }
}
