// Floats by the register, in the compilers' own vector types.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(__AVX512F__)
#define WIDTH 16
#define INDICES(f, d)                                                                      \
  f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), f(6, d), f(7, d), f(8, d), f(9, d), \
      f(10, d), f(11, d), f(12, d), f(13, d), f(14, d), f(15, d)
#elif defined(__AVX2__)
#define WIDTH 8
#define INDICES(f, d) f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), f(6, d), f(7, d)
#else
#define WIDTH 4
#define INDICES(f, d) f(0, d), f(1, d), f(2, d), f(3, d)
#endif

constexpr int kWidth = WIDTH;

typedef float Floats __attribute__((vector_size(4 * WIDTH)));
typedef int32_t Ints __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t Words __attribute__((vector_size(4 * WIDTH)));
typedef float LooseFloats __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

INLINE Floats load(const float* at) { return *(const LooseFloats*)at; }
INLINE void store(float* at, Floats value) { *(LooseFloats*)at = value; }
// Not `Floats{} + value`: compilers would add the 0, for it makes a 0 of -0.
INLINE Floats fill(float value) {
#define SAME(i, d) value
  return Floats{INDICES(SAME, 0)};
}

INLINE Floats select(Ints condition, Floats yes, Floats no) {
  return (Floats)((condition & (Ints)yes) | (~condition & (Ints)no));
}
INLINE Floats maximum(Floats a, Floats b) { return a > b ? a : b; }
INLINE Floats minimum(Floats a, Floats b) { return a < b ? a : b; }
INLINE Floats magnitude(Floats x) { return (Floats)((Ints)x & 0x7fffffff); }
INLINE Floats with_sign_of(Floats size, Floats x) {
  return (Floats)((Ints)size | ((Ints)x & INT32_MIN));
}

// Whether any element of a comparison's result is true.
INLINE bool any(Ints condition) {
#if WIDTH == 16
  return _mm512_test_epi32_mask((__m512i)condition, (__m512i)condition) != 0;
#elif WIDTH == 8
  return !_mm256_testz_si256((__m256i)condition, (__m256i)condition);
#else
  return (condition[0] | condition[1] | condition[2] | condition[3]) != 0;
#endif
}

// Each element beside that `d` places away.
#define EXCHANGED(i, d) (i) ^ (d)
#define EXCHANGE(x, d) __builtin_shufflevector(x, x, INDICES(EXCHANGED, d))

#define LOW_OF(i, d) ((i) & (d) ? (i) - (d) + WIDTH : (i))
#define HIGH_OF(i, d) ((i) & (d) ? (i) + WIDTH : (i) + (d))
#define LOW(x, y, d) __builtin_shufflevector(x, y, INDICES(LOW_OF, d))
#define HIGH(x, y, d) __builtin_shufflevector(x, y, INDICES(HIGH_OF, d))

INLINE float sum_of(Floats x) {
#if WIDTH >= 16
  x += EXCHANGE(x, 8);
#endif
#if WIDTH >= 8
  x += EXCHANGE(x, 4);
#endif
  x += EXCHANGE(x, 2);
  x += EXCHANGE(x, 1);
  return x[0];
}
// Element i of the result combines all elements of rows[i], which are used up.
template <class Combine>
INLINE Floats combine_each(Floats (&rows)[kWidth], Combine combine) {
#define HALVE(d)                        \
  UNROLL for (int i = 0; i < d; i++)    \
    rows[i] = combine(LOW(rows[i], rows[i + d], d), HIGH(rows[i], rows[i + d], d));
#if WIDTH >= 16
  HALVE(8)
#endif
#if WIDTH >= 8
  HALVE(4)
#endif
  HALVE(2)
  HALVE(1)
#undef HALVE
  return rows[0];
}

INLINE Floats square_root(Floats x) {
#if WIDTH == 16
  return (Floats)_mm512_sqrt_ps((__m512)x);
#elif WIDTH == 8
  return (Floats)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
  return (Floats)_mm_sqrt_ps((__m128)x);
#elif defined(__aarch64__)
  return (Floats)vsqrtq_f32((float32x4_t)x);
#else
  for (int i = 0; i < kWidth; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

// 1 / sqrt(x) and 1 / x of positive normal numbers: the processor's estimate, made exact to rounding by
// Newton's method. A root and a division proper take several times as long.
INLINE Floats inverse_root(Floats x) {
#if WIDTH == 16
  const Floats y = (Floats)_mm512_rsqrt14_ps((__m512)x);
#elif WIDTH == 8
  const Floats y = (Floats)_mm256_rsqrt_ps((__m256)x);
#elif defined(__SSE2__)
  const Floats y = (Floats)_mm_rsqrt_ps((__m128)x);
#else
  const Floats y = 1.0f / square_root(x);
#endif
  return y * (1.5f - x * 0.5f * y * y);
}
INLINE Floats inverse(Floats x) {
#if WIDTH == 16
  const Floats y = (Floats)_mm512_rcp14_ps((__m512)x);
#elif WIDTH == 8
  const Floats y = (Floats)_mm256_rcp_ps((__m256)x);
#elif defined(__SSE2__)
  const Floats y = (Floats)_mm_rcp_ps((__m128)x);
#else
  const Floats y = 1.0f / x;
#endif
  return y * (2.0f - x * y);
}

// Relative error below 2e-7. Range reduction and polynomial: Cephes, expf.
INLINE Floats exponential(Floats x) {
  const Ints is_nan = x != x;
  const Floats asked = x;
  x = minimum(maximum(x, fill(-87.0f)), fill(88.0f));
  const Floats shift = fill(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number.
  const Floats k = (x * 1.44269504088896341f + shift) - shift;
  const Floats r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  Floats p = fill(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const Ints exponent = (__builtin_convertvector(k, Ints) + 127) << 23;
  return select(is_nan, asked, p * (Floats)exponent);
}

// Of positive normal numbers; relative error below 2e-7. Polynomial: Cephes, logf.
INLINE Floats logarithm(Floats x) {
  Ints bits = (Ints)x;
  Ints exponent = (bits >> 23) - 126;
  Floats m = (Floats)((bits & 0x007fffff) | 0x3f000000);  // 0.5 to 1.
  const Ints is_low = m < 0.707106781186547524f;
  exponent += is_low;  // True is -1.
  m = select(is_low, m + m, m) - 1.0f;
  const Floats z = m * m;
  Floats p = fill(7.0376836292e-2f);
  p = p * m + -1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m + -1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m + -1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m + -2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const Floats k = __builtin_convertvector(exponent, Floats);
  const Floats y = p * m * z + k * -2.12194440e-4f - z * 0.5f;
  return m + y + k * 0.693359375f;
}

// Near 0 a polynomial (Cephes, tanhf), for the quotient would lose digits there.
INLINE Floats hyperbolic_tangent(Floats x) {
  const Floats size = magnitude(x);
  const Floats e = exponential(size * -2.0f);
  const Floats far = with_sign_of((1.0f - e) / (1.0f + e), x);
  const Floats z = x * x;
  Floats p = fill(-5.70498872745e-3f);
  p = p * z + 2.06390887954e-2f;
  p = p * z + -5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z + -3.33332819422e-1f;
  const Floats near = p * z * x + x;
  return select(size < 0.625f, near, far);
}

INLINE Floats sigmoid(Floats x) { return 1.0f / (1.0f + exponential(-x)); }

// The normal distribution: its density at x, and the probability of less than x.
// Abramowitz and Stegun, 26.2.17: absolute error below 7.5e-8.
struct Normal {
  Floats density, below;
};
INLINE Normal normal(Floats x) {
  const Floats size = magnitude(x);
  const Floats density = exponential(x * x * -0.5f) * 0.3989422804014327f;
  const Floats t = 1.0f / (1.0f + size * 0.2316419f);
  Floats p = fill(1.330274429f);
  p = p * t + -1.821255978f;
  p = p * t + 1.781477937f;
  p = p * t + -0.356563782f;
  p = p * t + 0.319381530f;
  const Floats tail = density * p * t;
  return {density, select(x < 0.0f, tail, 1.0f - tail)};
}
