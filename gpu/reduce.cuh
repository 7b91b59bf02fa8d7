// Deterministic reductions: fixed trees, no atomics. The division of work depends only on sizes,
// never on the device, so that results are the same everywhere.
#pragma once

#include <algorithm>

#include "gpu/launch.h"

namespace tandem::cuda {

__device__ inline float warpSum(float v) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) v += __shfl_xor_sync(0xFFFFFFFFu, v, offset);
  return v;
}

__device__ inline float warpMax(float v) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) v = fmaxf(v, __shfl_xor_sync(0xFFFFFFFFu, v, offset));
  return v;
}

// The sum over a block of kThreads, in every thread.
__device__ inline float blockSum(float v) {
  __shared__ float parts[kThreads / 32];
  v = warpSum(v);
  __syncthreads();  // wait for the reads of an earlier call
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = v;
  __syncthreads();
  float sum = 0;
#pragma unroll
  for (int i = 0; i < static_cast<int>(kThreads / 32); ++i) sum += parts[i];
  return sum;
}

__device__ inline float blockMax(float v) {
  __shared__ float parts[kThreads / 32];
  v = warpMax(v);
  __syncthreads();
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = v;
  __syncthreads();
  float most = parts[0];
#pragma unroll
  for (int i = 1; i < static_cast<int>(kThreads / 32); ++i) most = fmaxf(most, parts[i]);
  return most;
}

// Sums over n elements are computed as at most kMaxPartials block sums; see totalOf().
constexpr int kMaxPartials = 512;
inline int partialsFor(std::int64_t n) {
  return static_cast<int>(
      std::clamp<std::int64_t>((n + 16 * kThreads - 1) / (16 * kThreads), 1, kMaxPartials));
}

// The sum of up to kMaxPartials partial sums, in every thread of a block of kThreads.
__device__ inline float totalOf(const float* partials, int count) {
  float sum = 0;
  for (int i = threadIdx.x; i < count; i += kThreads) sum += partials[i];
  return blockSum(sum);
}

}  // namespace tandem::cuda
