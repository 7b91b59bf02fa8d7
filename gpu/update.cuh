// The kernel of an op that applies an optimizer (core/ops/optimizer_update.h): one launch over the whole contiguous
// parameter block. Each thread processes four parameters and builds the rule from the step block while they are being
// loaded.
#pragma once

#include "core/ops/optimizer_update.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"
#include "gpu/update_faults.cuh"

namespace tandem::cuda {

// The addresses of w, g and the arrays of the state, each of n floats. Separate addresses, because the compiler splits
// 16-byte accesses at a common base plus k n.
template <std::size_t kStates>
struct UpdatePointers {
  float* w;
  const float* g;
  float* faults;  // update_faults.h
  float* state[kStates > 0 ? kStates : 1];
};

// k: the indices of the states.
template <template <class> class Rule, std::size_t... k>
__global__ void __launch_bounds__(kThreads)
    updateKernel(UpdatePointers<sizeof...(k)> p, const float* step, std::int64_t n, bool vectors,
                 typename Rule<float>::Attributes attributes) {
  const std::int64_t first = 4 * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  const bool full = vectors && first + 4 <= n;
  float w[4] = {}, g[4] = {}, s[sizeof...(k) > 0 ? sizeof...(k) : 1][4] = {};
  if (full) {
    loadVector<4>(p.w + first, w);
    loadVector<4>(p.g + first, g);
    (loadVector<4>(p.state[k] + first, s[k]), ...);
  } else {
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      if (first + c >= n) break;
      w[c] = p.w[first + c];
      g[c] = p.g[first + c];
      ((s[k][c] = p.state[k][first + c]), ...);
    }
  }
  if (step[kStepSkip] != 0) return;
  const Rule<float> rule(attributes, step);
#pragma unroll
  for (int c = 0; c < 4; ++c) rule(w[c], g[c], s[k][c]...);
  float probe = 0;  // NaN if any is not finite: one branch for all
#pragma unroll
  for (int c = 0; c < 4; ++c) probe += (g[c] - g[c]) + (w[c] - w[c]);
  if (probe != 0)
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      if (first + c >= n) break;
      noteFault(g[c], first + c, p.faults + kGradientFault);
      noteFault(w[c], first + c, p.faults + kWeightFault);
    }
  if (full) {
    storeVector<4>(w, p.w + first);
    (storeVector<4>(s[k], p.state[k] + first), ...);
    return;
  }
#pragma unroll
  for (int c = 0; c < 4; ++c) {
    if (first + c >= n) break;
    p.w[first + c] = w[c];
    ((p.state[k][first + c] = s[k][c]), ...);
  }
}

template <template <class> class Rule>
Result<std::unique_ptr<Kernel>> makeUpdate(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto a, Rule<float>::Attributes::from(request.attrs()));
  const std::int64_t n = request.in(ops::UpdateIn::kWeights).shape.elements();
  return makeKernel([a, n, name = request.call.op->name](cudaStream_t stream, const Operands& o) {
    const auto run = [&]<std::size_t... k>(std::index_sequence<k...>)->Status {
      if (n == 0) return success();
      const UpdatePointers<sizeof...(k)> p{o.output<float>(ops::UpdateOut::kWeights),
                                           o.input<float>(ops::UpdateIn::kGradients),
                                           o.output<float>(ops::UpdateOut::kFaults),
                                           {o.output<float>(ops::UpdateOut::kState) + k * n...}};
      const bool vectors = aligned16(p.w) && aligned16(p.g) && (aligned16(p.state[k]) && ...);
      return launch(name, updateKernel<Rule, k...>, blocksForRuns<float>(n), kThreads, stream, p,
                    o.input<float>(ops::UpdateIn::kStep), n, vectors, a);
    };
    return ops::withStates(a.states(), typename Rule<float>::StateCounts(), run);
  });
}

}  // namespace tandem::cuda
