// Included before every .cu file when the CUDA backend's kernels are compiled for the stand-in. Declares the
// nvcc built-ins that the kernels use, so that g++ accepts the same source.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstring>

#include "tests/gpu_stand_in/launch.h"

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

// Blocks run one after the other, so they can share one copy.
#undef __shared__
#define __shared__ static
#undef __launch_bounds__
#define __launch_bounds__(...)

#define cudaLaunchKernelEx ::tandem::stand_in::launchKernel

inline void __syncthreads() {
  ::tandem::stand_in::blockBarrier();
}

inline float __shfl_xor_sync(unsigned mask, float value, int laneMask) {
  return ::tandem::stand_in::exchange(mask, value, laneMask);
}

// Threads run one after the other.
inline unsigned atomicAdd(unsigned* at, unsigned value) {
  const unsigned before = *at;
  *at += value;
  return before;
}

// Copies, because `at` may point to a float.
inline int atomicMax(int* at, int value) {
  int before;
  std::memcpy(&before, at, sizeof(before));
  if (value > before) std::memcpy(at, &value, sizeof(value));
  return before;
}
inline int __float_as_int(float value) {
  int bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// Each operation rounds separately, because this code is compiled without fused multiply-adds.
inline float __fadd_rn(float a, float b) {
  return a + b;
}
inline float __fmul_rn(float a, float b) {
  return a * b;
}
inline float rsqrtf(float a) {
  return 1.0f / std::sqrt(a);
}
