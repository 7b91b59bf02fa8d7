// Optimizer updates: one launch over the whole contiguous parameter block. Each thread makes the rule
// from the step block once and then takes several runs of four elements.
#pragma once

#include "core/ops/step_block.h"
#include "gpu/map.cuh"

namespace tandem::cuda {

// Addresses of w, g and kState state arrays, all of n floats.
template <int kState>
struct UpdatePointers {
  float* w;
  const float* g;
  float* state[kState > 0 ? kState : 1];
};

// rule.template apply<kState>(w, g, state): one parameter; `rule` comes from makeRule(step).
template <int kState, class Factory>
__global__ void __launch_bounds__(kThreads) updateKernel(UpdatePointers<kState> p, const float* step,
                                                         std::int64_t n, bool vectors, Factory makeRule) {
  if (step[kStepSkip] != 0) return;
  const auto rule = makeRule(step);
  const std::int64_t stride = 4 * static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t first = 4 * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x); first < n;
       first += stride) {
    if (vectors && first + 4 <= n) {
      float4 w = *reinterpret_cast<float4*>(p.w + first);
      const float4 g = *reinterpret_cast<const float4*>(p.g + first);
      float s[4][kState > 0 ? kState : 1] = {};
#pragma unroll
      for (int k = 0; k < kState; ++k) {
        const float4 v = *reinterpret_cast<float4*>(p.state[k] + first);
        s[0][k] = v.x;
        s[1][k] = v.y;
        s[2][k] = v.z;
        s[3][k] = v.w;
      }
      rule.apply(w.x, g.x, s[0]);
      rule.apply(w.y, g.y, s[1]);
      rule.apply(w.z, g.z, s[2]);
      rule.apply(w.w, g.w, s[3]);
      *reinterpret_cast<float4*>(p.w + first) = w;
#pragma unroll
      for (int k = 0; k < kState; ++k)
        *reinterpret_cast<float4*>(p.state[k] + first) = make_float4(s[0][k], s[1][k], s[2][k], s[3][k]);
      continue;
    }
    for (std::int64_t i = first; i < first + 4 && i < n; ++i) {
      float w = p.w[i], s[kState > 0 ? kState : 1] = {};
#pragma unroll
      for (int k = 0; k < kState; ++k) s[k] = p.state[k][i];
      rule.apply(w, p.g[i], s);
      p.w[i] = w;
#pragma unroll
      for (int k = 0; k < kState; ++k) p.state[k][i] = s[k];
    }
  }
}

template <int kState, class Factory>
Status update(std::string_view name, cudaStream_t stream, int multiprocessors,
              const UpdatePointers<kState>& p, const float* step, std::int64_t n, Factory makeRule) {
  if (n == 0) return success();
  bool vectors = aligned16(p.w) && aligned16(p.g);
  for (int k = 0; k < kState; ++k) vectors = vectors && aligned16(p.state[k]);
  const unsigned full = 8 * static_cast<unsigned>(multiprocessors);  // all threads a device holds
  const dim3 needed = blocksFor((n + 3) / 4);
  return launch(name, updateKernel<kState, Factory>, dim3(needed.x < full ? needed.x : full), kThreads,
                stream, p, step, n, vectors, makeRule);
}

}  // namespace tandem::cuda
