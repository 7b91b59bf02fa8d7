#include "core/ops/lamb_update.h"

#include <algorithm>

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/update_faults.h"
#include "core/ops/optimizer_update.h"

namespace tandem::cpu {
namespace {

using In = ops::UpdateIn;
using Out = ops::UpdateOut;

// g, w, m, v: of the whole block. Directions are computed twice, which costs less than storing them.
void updateParameter(const ops::LambRule<float>& rule, const ops::ParameterRange& range, int threads,
                     const float* g, float* w, float* m, float* v, float* faults, void* workspace) {
  const std::int64_t first = range.first, n = range.count;
  g += first;
  w += first;
  m += first;
  v += first;
  parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
    float probe = 0;
#pragma omp simd reduction(+ : probe)
    for (std::int64_t i = begin; i < end; ++i) {
      rule.takeIn(g[i], m[i], v[i]);
      probe += faultProbe(g[i]);
    }
    if (probe != 0) noteFault(g, begin, end, first, faults[kGradientFault]);
  });
  const double weights = blockSum(threads, n, workspace, [=](std::int64_t i) { return w[i] * w[i]; });
  const double directions = blockSum(threads, n, workspace, [=](std::int64_t i) {
    const float r = rule.direction(w[i], m[i], v[i]);
    return r * r;
  });
  const float size = rule.stepSize(static_cast<float>(weights), static_cast<float>(directions));
  parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
    float probe = 0;
#pragma omp simd reduction(+ : probe)
    for (std::int64_t i = begin; i < end; ++i) {
      w[i] -= size * rule.direction(w[i], m[i], v[i]);
      probe += faultProbe(w[i]);
    }
    if (probe != 0) noteFault(w, begin, end, first, faults[kWeightFault]);
  });
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::LambAttrs::from(request.attrs()));
  const std::int64_t n = request.out(Out::kWeights).shape.elements();
  TANDEM_ASSIGN(const auto ranges, ops::parameterRanges(request.attrs(), n));
  std::int64_t largest = 0;
  for (const ops::ParameterRange& range : ranges) largest = std::max(largest, range.count);
  return kernelOf(
      [a, ranges, n, threads = request.threads](const Operands& o) {
        const float* step = o.input<float>(In::kStep);
        if (step[kStepSkip] != 0) return;
        const ops::LambRule<float> rule(a, step);
        const float* g = o.input<float>(In::kGradients);
        float *w = o.output<float>(Out::kWeights), *m = o.output<float>(Out::kState), *v = m + n;
        for (const ops::ParameterRange& range : ranges)
          updateParameter(rule, range, threads, g, w, m, v, o.output<float>(Out::kFaults), o.workspace);
      },
      blockSumBytes(largest));
}

}  // namespace

extern const KernelList lamb_update;
const KernelList lamb_update = {{"simd", make}};

}  // namespace tandem::cpu
