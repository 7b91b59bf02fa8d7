// Reads and writes device memory of a floating-point type as float, for the stand-in's libraries.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <library_types.h>

#include <bit>
#include <cstdint>
#include <vector>

namespace tandem::stand_in {

inline std::size_t bytesOf(cudaDataType_t type) {
  return type == CUDA_R_32F ? 4 : 2;
}

inline float load(cudaDataType_t type, const void* from, std::int64_t i) {
  if (type == CUDA_R_16F) return __half2float(static_cast<const __half*>(from)[i]);
  if (type == CUDA_R_16BF) return __bfloat162float(static_cast<const __nv_bfloat16*>(from)[i]);
  return static_cast<const float*>(from)[i];
}

inline void store(cudaDataType_t type, void* to, std::int64_t i, float v) {
  if (type == CUDA_R_16F)
    static_cast<__half*>(to)[i] = __float2half_rn(v);
  else if (type == CUDA_R_16BF)
    static_cast<__nv_bfloat16*>(to)[i] = __float2bfloat16_rn(v);
  else
    static_cast<float*>(to)[i] = v;
}

// v rounded to nearest with the 10-bit mantissa of tf32.
inline float tf32(float v) {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  if ((bits & 0x7F800000u) == 0x7F800000u) return v;  // infinity and NaN
  return std::bit_cast<float>((bits + 0xFFFu + (bits >> 13 & 1u)) & ~0x1FFFu);
}

inline std::vector<float> loadAll(cudaDataType_t type, const void* from, std::int64_t n, bool asTf32) {
  std::vector<float> all(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const float v = load(type, from, i);
    all[static_cast<std::size_t>(i)] = asTf32 ? tf32(v) : v;
  }
  return all;
}

}  // namespace tandem::stand_in
