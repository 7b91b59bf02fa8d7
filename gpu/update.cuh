// Optimizer updates: one launch over the whole contiguous parameter block. Each thread processes four
// elements and builds the rule from the step block while they are being loaded.
#pragma once

#include "core/ops/step_block.h"
#include "gpu/map.cuh"

namespace tandem::cuda {

// The addresses of w, g and kState state arrays, each of n floats.
template <int kState>
struct UpdatePointers {
  float* w;
  const float* g;
  float* state[kState > 0 ? kState : 1];
};

// makeRule(step).apply(w, g, state) updates one parameter.
template <int kState, class Factory>
__global__ void __launch_bounds__(kThreads) updateKernel(UpdatePointers<kState> p, const float* step,
                                                         std::int64_t n, bool vectors, Factory makeRule) {
  const std::int64_t first = 4 * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  const bool full = vectors && first + 4 <= n;
  float w[4] = {}, g[4] = {}, s[kState > 0 ? kState : 1][4] = {};
  if (full) {
    loadVector<4>(p.w + first, w);
    loadVector<4>(p.g + first, g);
#pragma unroll
    for (int k = 0; k < kState; ++k) loadVector<4>(p.state[k] + first, s[k]);
  } else {
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      if (first + c >= n) break;
      w[c] = p.w[first + c];
      g[c] = p.g[first + c];
#pragma unroll
      for (int k = 0; k < kState; ++k) s[k][c] = p.state[k][first + c];
    }
  }
  if (step[kStepSkip] != 0) return;
  const auto rule = makeRule(step);
#pragma unroll
  for (int c = 0; c < 4; ++c) {
    float own[kState > 0 ? kState : 1] = {};
#pragma unroll
    for (int k = 0; k < kState; ++k) own[k] = s[k][c];
    rule.apply(w[c], g[c], own);
#pragma unroll
    for (int k = 0; k < kState; ++k) s[k][c] = own[k];
  }
  if (full) {
    storeVector<4>(w, p.w + first);
#pragma unroll
    for (int k = 0; k < kState; ++k) storeVector<4>(s[k], p.state[k] + first);
    return;
  }
#pragma unroll
  for (int c = 0; c < 4; ++c) {
    if (first + c >= n) break;
    p.w[first + c] = w[c];
#pragma unroll
    for (int k = 0; k < kState; ++k) p.state[k][first + c] = s[k][c];
  }
}

template <int kState, class Factory>
Status update(std::string_view name, cudaStream_t stream, const UpdatePointers<kState>& p, const float* step,
              std::int64_t n, Factory makeRule) {
  if (n == 0) return success();
  bool vectors = aligned16(p.w) && aligned16(p.g);
  for (int k = 0; k < kState; ++k) vectors = vectors && aligned16(p.state[k]);
  return launch(name, updateKernel<kState, Factory>, blocksForRuns<float>(n), kThreads, stream, p, step, n,
                vectors, makeRule);
}

}  // namespace tandem::cuda
