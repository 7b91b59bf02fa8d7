// Element types of tensors on the device. Kernels are templates on the type in memory and compute in float. A
// thread processes what fits in one 16-byte access: 4 floats or 8 halves.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/tensor/tensor.h"

namespace tandem::cuda {

template <class T>
constexpr int kPerAccess = 16 / static_cast<int>(sizeof(T));

__device__ inline float toFloat(float v) {
  return v;
}
__device__ inline float toFloat(__half v) {
  return __half2float(v);
}
__device__ inline float toFloat(__nv_bfloat16 v) {
  return __bfloat162float(v);
}

// Rounds to nearest, ties to even.
template <class T>
__device__ inline T fromFloat(float v);
template <>
__device__ inline float fromFloat<float>(float v) {
  return v;
}
template <>
__device__ inline __half fromFloat<__half>(float v) {
  return __float2half_rn(v);
}
template <>
__device__ inline __nv_bfloat16 fromFloat<__nv_bfloat16>(float v) {
  return __float2bfloat16_rn(v);
}

// V consecutive elements in their memory format: one element or one 16-byte access. Until they are used,
// halves need only half the registers of floats.
template <int V, class T>
struct Packed {
  static_assert(V == 1 || V == kPerAccess<T>);
  std::conditional_t<V == 1, T, uint4> bits;
};

template <int V, class T>
__device__ inline Packed<V, T> loadPacked(const T* from) {
  return {*reinterpret_cast<const decltype(Packed<V, T>::bits)*>(from)};
}

template <int V, class T>
__device__ inline void unpack(const Packed<V, T>& packed, float* to) {
  T values[V];
  memcpy(static_cast<void*>(values), &packed, sizeof(values));
#pragma unroll
  for (int i = 0; i < V; ++i) to[i] = toFloat(values[i]);
}

// V consecutive elements as floats: one element, or whole 16-byte accesses.
template <int V, class T>
__device__ inline void loadVector(const T* from, float* to) {
  if constexpr (V == 1) {
    to[0] = toFloat(*from);
  } else {
    constexpr int kWide = kPerAccess<T>;
    static_assert(V % kWide == 0);
#pragma unroll
    for (int first = 0; first < V; first += kWide) unpack(loadPacked<kWide>(from + first), to + first);
  }
}

template <int V, class T>
__device__ inline void storeVector(const float* from, T* to) {
  constexpr int kWide = kPerAccess<T>;
  static_assert(V == 1 || V % kWide == 0);
  if constexpr (V == 1) {
    *to = fromFloat<T>(from[0]);
  } else {
#pragma unroll
    for (int first = 0; first < V; first += kWide) {
      T values[kWide];
#pragma unroll
      for (int i = 0; i < kWide; ++i) values[i] = fromFloat<T>(from[first + i]);
      uint4 raw;
      memcpy(&raw, values, sizeof(raw));
      *reinterpret_cast<uint4*>(to + first) = raw;
    }
  }
}

// a / b, in 32 bits if they suffice, since that is several times cheaper.
__device__ inline std::int64_t quotient(std::int64_t a, std::uint32_t b) {
  return a <= 0xFFFFFFFFll ? static_cast<std::uint32_t>(a) / b : a / b;
}

// Calls visit with a null pointer to the C++ type of dtype; callers have refused all other types.
template <class Visit>
auto withElement(DType dtype, const Visit& visit) {
  if (dtype == DType::F16) return visit(static_cast<__half*>(nullptr));
  if (dtype == DType::BF16) return visit(static_cast<__nv_bfloat16*>(nullptr));
  TANDEM_CHECK(dtype == DType::F32, "not a floating-point type of the device");
  return visit(static_cast<float*>(nullptr));
}

}  // namespace tandem::cuda
