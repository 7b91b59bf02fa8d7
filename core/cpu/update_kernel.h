// The kernel of an op that applies an optimizer (core/ops/optimizer_update.h): one pass over the parameters.
#pragma once

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/update_faults.h"
#include "core/ops/optimizer_update.h"

namespace tandem::cpu {

template <template <class> class Rule>
KernelResult makeUpdate(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, Rule<float>::Attributes::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* step = o.input<float>(ops::UpdateIn::kStep);
    if (step[kStepSkip] != 0) return;
    const Rule<float> rule(a, step);
    const float* g = o.input<float>(ops::UpdateIn::kGradients);
    float *w = o.output<float>(ops::UpdateOut::kWeights), *faults = o.output<float>(ops::UpdateOut::kFaults),
          *state = a.states() > 0 ? o.output<float>(ops::UpdateOut::kState) : nullptr;
    ops::withStates(
        a.states(), typename Rule<float>::StateCounts(), [=]<std::size_t... k>(std::index_sequence<k...>) {
          parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
            float probe = 0;
#pragma omp simd reduction(+ : probe)
            for (std::int64_t i = begin; i < end; ++i) {
              rule(w[i], g[i], state[static_cast<std::int64_t>(k) * n + i]...);
              probe += faultProbe(g[i]) + faultProbe(w[i]);
            }
            if (probe == 0) return;
            noteFault(g, begin, end, 0, faults[kGradientFault]);
            noteFault(w, begin, end, 0, faults[kWeightFault]);
          });
        });
  });
}

}  // namespace tandem::cpu
