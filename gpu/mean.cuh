// The mean over the valid rows of a batch, for losses and metrics. The number of valid rows
// is read on the device (step block), so that a captured step serves full and partial batches.
#pragma once

#include "core/ops/step_block.h"
#include "gpu/reduce.cuh"

namespace tandem::cuda {

template <class F>
struct ValidOnly {
  F f;
  const float* step;
  std::int64_t rows, columns;

  __device__ std::int64_t count() const { return validRows(step, rows) * columns; }
};

template <class F>
__global__ void __launch_bounds__(kThreads) meanPartials(ValidOnly<F> valid, float* partials) {
  const std::int64_t count = valid.count(), stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  float sum = 0;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count;
       i += stride)
    sum += valid.f(i);
  sum = blockSum(sum);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

template <class F>
__global__ void __launch_bounds__(kThreads)
    meanTotal(ValidOnly<F> valid, const float* partials, int parts, float* mean) {
  const float sum = totalOf(partials, parts);
  const std::int64_t count = valid.count();
  if (threadIdx.x == 0) *mean = count > 0 ? sum / static_cast<float>(count) : 0.0f;
}

// A single block does all the work. f is called for invalid rows too, since it may store something.
template <class F>
__global__ void __launch_bounds__(kThreads) meanSmall(ValidOnly<F> valid, float* mean) {
  const std::int64_t count = valid.count();
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < valid.rows * valid.columns; i += kThreads) {
    const float value = valid.f(i);
    if (i < count) sum += value;
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) *mean = count > 0 ? sum / static_cast<float>(count) : 0.0f;
}

inline std::size_t meanWorkspace(std::int64_t elements) {
  return static_cast<std::size_t>(partialsFor(elements)) * sizeof(float);
}

// *mean = the mean of f(i) over the first validRows * columns elements, 0 if there are none.
// partials: meanWorkspace(rows * columns) bytes.
template <class F>
Status meanOfValid(std::string_view name, cudaStream_t stream, const ValidOnly<F>& valid, float* partials,
                   float* mean) {
  const int parts = partialsFor(valid.rows * valid.columns);
  if (parts == 1) return launch(name, meanSmall<F>, dim3(1), kThreads, stream, valid, mean);
  TANDEM_TRY(
      launch(name, meanPartials<F>, dim3(static_cast<unsigned>(parts)), kThreads, stream, valid, partials));
  return launch(name, meanTotal<F>, dim3(1), kThreads, stream, valid, partials, parts, mean);
}

}  // namespace tandem::cuda
