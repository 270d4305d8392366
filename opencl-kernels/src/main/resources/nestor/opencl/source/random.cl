// Random numbers as a function of keys: for each key (four words) `size` numbers. The generator is
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011), the normal quantile Wichura's algorithm AS 241
// (1988). All operations are exact or correctly rounded, so the bits are those of every backend.
//
// WORDS, UNIFORM, NORMAL or INTEGERS is defined; T is the type of the numbers, and WIDE is defined
// where they have eight bytes, of two words each.
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define NAME(x) CAT(KERNEL, x)

inline uint4 NAME(_block)(__global const int *key, uint index, uint domain) {
  uint k0 = key[0], k1 = key[1];
  uint4 c = (uint4)(index, domain, key[2], key[3]);
  for (int round = 0; round < 10; round++) {
    ulong p0 = 0xD2511F53UL * c.x;
    ulong p1 = 0xCD9E8D57UL * c.z;
    c = (uint4)((uint)(p1 >> 32) ^ c.y ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c.w ^ k1, (uint)p0);
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return c;
}

#ifdef NORMAL
#ifdef WIDE
#define QUOTIENT(a, b) ((a) / (b))
#define ROOT(a) sqrt(a)
__constant double NAME(_centre)[] = {2.5090809287301226727e+3, 3.3430575583588128105e+4,
  6.7265770927008700853e+4, 4.5921953931549871457e+4, 1.3731693765509461125e+4,
  1.9715909503065514427e+3, 1.3314166789178437745e+2, 3.3871328727963666080e0};
__constant double NAME(_centre_below)[] = {5.2264952788528545610e+3, 2.8729085735721942674e+4,
  3.9307895800092710610e+4, 2.1213794301586595867e+4, 5.3941960214247511077e+3,
  6.8718700749205790830e+2, 4.2313330701600911252e+1, 1};
__constant double NAME(_tail)[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
  2.41780725177450611770e-1, 1.27045825245236838258e0, 3.64784832476320460504e0,
  5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0};
__constant double NAME(_tail_below)[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
  1.51986665636164571966e-2, 1.48103976427480074590e-1, 6.89767334985100004550e-1,
  1.67638483018380384940e0, 2.05319162663775882187e0, 1};
__constant double NAME(_far)[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
  1.24266094738807843860e-3, 2.65321895265761230930e-2, 2.96560571828504891230e-1,
  1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0};
__constant double NAME(_far_below)[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
  1.84631831751005468180e-5, 7.86869131145613259100e-4, 1.48753612908506148525e-2,
  1.36929880922735805310e-1, 5.99832206555887937690e-1, 1};
#define ABOVE 8
#define BELOW 8
#define TERMS 23
#define ROOT_2 1.4142135623730951
#define LN_2 0.6931471805599453
#define CENTRE_EDGE 0.425
#define CENTRE_SHIFT 0.180625
#define TAIL_SHIFT 1.6
#else
#define QUOTIENT(a, b) exact_quotient(a, b)
#define ROOT(a) exact_root(a)
__constant float NAME(_centre)[] = {59.109374720f, 159.29113202f, 50.434271938f, 3.3871327179f};
__constant float NAME(_centre_below)[] = {67.187563600f, 78.757757664f, 17.895169469f, 1};
__constant float NAME(_tail)[] = {0.17023821103f, 1.3067284816f, 2.7568153900f, 1.4234372777f};
__constant float NAME(_tail_below)[] = {0.12021132975f, 0.73700164250f, 1};
__constant float NAME(_far)[] = {0.017337203997f, 0.42868294337f, 3.0812263860f, 6.6579051150f};
__constant float NAME(_far_below)[] = {0.012258202635f, 0.24197894225f, 1};
#define ABOVE 4
#define BELOW 3
#define TERMS 11
#define ROOT_2 1.4142135f
#define LN_2 0.69314718f
#define CENTRE_EDGE 0.425f
#define CENTRE_SHIFT 0.180625f
#define TAIL_SHIFT 1.6f
#endif

// Horner's rule, highest coefficient first.
inline T NAME(_polynomial)(__constant T *coefficients, int count, T x) {
  T sum = coefficients[0];
  for (int i = 1; i < count; i++) sum = sum * x + coefficients[i];
  return sum;
}

// The natural logarithm of a normal positive number.
inline T NAME(_log)(T x) {
#ifdef WIDE
  long bits = as_long(x);
  int exponent = (int)(bits >> 52) - 1023;
  T m = x * as_double((1023L - exponent) << 52);
#else
  int bits = as_int(x);
  int exponent = (bits >> 23) - 127;
  T m = x * as_float((127 - exponent) << 23);
#endif
  if (m > ROOT_2) {
    m *= (T)0.5f;
    exponent++;
  }
  T s = QUOTIENT(m - 1, m + 1);
  T square = s * s;
  T sum = 0;
  for (int n = TERMS; n >= 1; n -= 2) sum = sum * square + QUOTIENT((T)1, (T)n);
  return exponent * LN_2 + 2 * s * sum;
}

inline T NAME(_quantile)(T p) {
  T q = p - (T)0.5f;
  if (fabs(q) <= CENTRE_EDGE) {
    T r = CENTRE_SHIFT - q * q;
    return QUOTIENT(q * NAME(_polynomial)(NAME(_centre), ABOVE, r),
                    NAME(_polynomial)(NAME(_centre_below), ABOVE, r));
  }
  T r = ROOT(-NAME(_log)(q < 0 ? p : 1 - p));
  T z = r <= 5 ? QUOTIENT(NAME(_polynomial)(NAME(_tail), ABOVE, r - TAIL_SHIFT),
                          NAME(_polynomial)(NAME(_tail_below), BELOW, r - TAIL_SHIFT))
               : QUOTIENT(NAME(_polynomial)(NAME(_far), ABOVE, r - 5),
                          NAME(_polynomial)(NAME(_far_below), BELOW, r - 5));
  return q < 0 ? -z : z;
}
#endif

// A work item for each block of four words.
__kernel void KERNEL(__global const int *keys, int keysStart, __global T *out, int outStart,
                     int size, int blocks, int count, int start, int domain, int low0, int low1,
                     int span0, int span1) {
  int i = get_global_id(0);
  if (i >= count) return;
  __global const int *key = keys + keysStart + i / blocks * 4;
  int number = i % blocks;
  uint4 block = NAME(_block)(key, start + number, domain);
#ifdef WIDE
  ulong words[2] = {(ulong)block.x << 32 | block.y, (ulong)block.z << 32 | block.w};
#define WORDS_OF_BLOCK 2
#else
  uint words[4] = {block.x, block.y, block.z, block.w};
#define WORDS_OF_BLOCK 4
#endif
  out += outStart + i / blocks * size;
  int first = number * WORDS_OF_BLOCK;
  int end = min(size, first + WORDS_OF_BLOCK);
  for (int k = first; k < end; k++) {
#if defined(WORDS)
    out[k] = (int)words[k - first];
#elif defined(INTEGERS)
    ulong low = (ulong)(uint)low0 | (ulong)(uint)low1 << 32;
    ulong span = (ulong)(uint)span0 | (ulong)(uint)span1 << 32;
    out[k] = (long)(low + mul_hi(words[k - first], span));
#elif defined(UNIFORM) && defined(WIDE)
    out[k] = (words[k - first] >> 11) * 0x1p-53;
#elif defined(UNIFORM)
    out[k] = (words[k - first] >> 8) * 0x1p-24f;
#elif defined(WIDE)
    out[k] = NAME(_quantile)(((words[k - first] >> 12) + 0.5) * 0x1p-52);
#else
    out[k] = NAME(_quantile)(((words[k - first] >> 9) + 0.5f) * 0x1p-23f);
#endif
  }
}
#undef WORDS_OF_BLOCK
#ifdef NORMAL
#undef QUOTIENT
#undef ROOT
#undef ABOVE
#undef BELOW
#undef TERMS
#undef ROOT_2
#undef LN_2
#undef CENTRE_EDGE
#undef CENTRE_SHIFT
#undef TAIL_SHIFT
#endif
#undef NAME
#undef CAT
#undef CAT_
