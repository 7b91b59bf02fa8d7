// Branch-free transcendental functions in f32, so that loops over them are vectorized. Errors are within a
// few units in the last place over the whole range; NaN is preserved.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace tandem::cpu {

// x = n ln 2 + r with |r| <= ln 2 / 2, for |x| < 2^21. ln 2 is split so that n * kLn2High is exact.
struct ExpSplit {
  float r;
  std::int32_t n;
};

inline ExpSplit splitExp(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  return {r, std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRound)};
}

// 2^n for -126 <= n <= 127.
inline float powerOf2(std::int32_t n) {
  return std::bit_cast<float>((n + 127) << 23);
}

// exp(r) - 1 for |r| <= ln 2 / 2, by its Taylor series.
inline float expm1Near0(float r) {
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  return p * r * r + r;
}

inline float vexp(float x) {
  const float low = x < -104.0f ? -104.0f : x;  // below, the result is 0; NaN passes both comparisons
  const float inside = low > 89.0f ? 89.0f : low;
  const ExpSplit s = splitExp(inside);
  const std::int32_t half = s.n >> 1;  // 2^n in two steps, which covers subnormals and infinity
  return (1.0f + expm1Near0(s.r)) * powerOf2(half) * powerOf2(s.n - half);
}

// exp(x) - 1 for x up to 80, without cancellation near 0.
inline float vexpm1(float x) {
  const float low = x < -40.0f ? -40.0f : x;
  const float inside = low > 80.0f ? 80.0f : low;
  const ExpSplit s = splitExp(inside);
  const float scale = powerOf2(s.n);
  return scale * expm1Near0(s.r) + (scale - 1.0f);
}

// log(1 + u) for 0 <= u <= 1: 2 atanh(u / (2 + u)) by its series.
inline float vlog1p01(float u) {
  const float s = u / (2.0f + u), q = s * s;
  float p = 1.0f / 17;
  p = p * q + 1.0f / 15;
  p = p * q + 1.0f / 13;
  p = p * q + 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  return 2.0f * (p * q * s + s);
}

// log(x) for normal positive x.
inline float vlog(float x) {
  const std::int32_t bits = std::bit_cast<std::int32_t>(x);
  // Offset by sqrt(1/2), so that the mantissa is in [sqrt(1/2), sqrt(2)) and log is small near 1.
  const std::int32_t offset = bits - 0x3f3504f3;
  const auto exponent = static_cast<float>(offset >> 23);
  const float mantissa = std::bit_cast<float>((offset & 0x007fffff) + 0x3f3504f3);
  const float s = (mantissa - 1.0f) / (mantissa + 1.0f), q = s * s;
  float p = 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  const float log = 2.0f * (p * q * s + s) + (exponent * 0.693359375f - exponent * 2.12194440e-4f);
  return x == x ? log : x;
}

inline float vsigmoid(float x) {
  return 1.0f / (1.0f + vexp(-x));
}

inline float vtanh(float x) {
  const float e = vexpm1(2.0f * std::fabs(x));
  return std::copysign(e / (e + 2.0f), x);
}

inline float vsoftplus(float x) {
  return (x > 0.0f ? x : 0.0f) + vlog1p01(vexp(-std::fabs(x)));
}

// For rules that are written for any device, such as those of core/ops/element_losses and row_losses.
struct VectorMath {
  static float exp(float x) { return vexp(x); }
  static float log(float x) { return vlog(x); }  // of a normal positive x
  static float tanh(float x) { return vtanh(x); }
  static float sigmoid(float x) { return vsigmoid(x); }
  static float softplus(float x) { return vsoftplus(x); }
};

// erfc(x) for x >= 0: t exp(-x^2 + p(t)), t = 2 / (2 + x). The polynomial p is a Chebyshev fit to
// log(erfc(x) exp(x^2) / t) over 0 <= x <= 10.
inline float verfc(float x) {
  const float t = 2.0f / (2.0f + x);
  float p = 0.144930214f;
  p = p * t - 0.680827178f;
  p = p * t + 1.15673376f;
  p = p * t - 0.696251898f;
  p = p * t - 0.0802804326f;
  p = p * t + 0.0012675866f;
  p = p * t + 0.0346027999f;
  p = p * t + 0.386640412f;
  p = p * t + 0.998632783f;
  p = p * t - 1.265448f;
  return t * vexp(p - x * x);
}

// (1 + erf(x / sqrt 2)) / 2: the standard normal distribution function.
inline float vnormalCdf(float x) {
  const float tail = 0.5f * verfc(std::fabs(x) * 0.707106781f);
  return x > 0.0f ? 1.0f - tail : tail;
}

}  // namespace tandem::cpu
