// Kernels over the rows of a matrix: a row is processed by a warp, by a whole block if rows are long, or by
// one thread if they are few and short.
#pragma once

#include "gpu/reduce.cuh"

namespace tandem::cuda {

constexpr std::int64_t kLongRow = 2048;

// The threads that share a row.
struct WarpRow {
  static constexpr int kSize = 32;
  static constexpr int kRowsPerBlock = kThreads / 32;
  __device__ static int lane() { return threadIdx.x % 32; }
  __device__ static std::int64_t row() {
    return static_cast<std::int64_t>(blockIdx.x) * kRowsPerBlock + threadIdx.x / 32;
  }
  __device__ static float sum(float v) { return warpSum(v); }
  __device__ static float max(float v) { return warpMax(v); }
};

struct ThreadRow {
  static constexpr int kSize = 1;
  __device__ static int lane() { return 0; }
  __device__ static float sum(float v) { return v; }
  __device__ static float max(float v) { return v; }
};

struct BlockRow {
  static constexpr int kSize = kThreads;
  static constexpr int kRowsPerBlock = 1;
  __device__ static int lane() { return threadIdx.x; }
  __device__ static std::int64_t row() { return blockIdx.x; }
  __device__ static float sum(float v) { return blockSum(v); }
  __device__ static float max(float v) { return blockMax(v); }
};

template <class Group>
dim3 blocksForRows(std::int64_t rows) {
  return dim3(static_cast<unsigned>((rows + Group::kRowsPerBlock - 1) / Group::kRowsPerBlock));
}

// p = softmax(x) for one row; p may be nullptr. Returns the largest x and the sum of exp(x - largest).
struct SoftmaxRow {
  float highest, sum;
};
template <class Group>
__device__ SoftmaxRow softmaxRow(const float* x, float* p, std::int64_t columns) {
  float highest = -INFINITY, sum = 0;
  for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) highest = fmaxf(highest, x[j]);
  highest = Group::max(highest);
  for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) sum += expf(x[j] - highest);
  sum = Group::sum(sum);
  if (p)
    for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) p[j] = expf(x[j] - highest) / sum;
  return {highest, sum};
}

}  // namespace tandem::cuda
