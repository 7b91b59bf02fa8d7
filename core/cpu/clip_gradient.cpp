#include "core/ops/clip_gradient.h"

#include <cmath>

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

// One pass computes the norm; a second one follows only if values must be scaled or clipped.
KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::ClipAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  return kernelOf(
      [a, n, threads = request.threads](const Operands& o) {
        const float lossScale = o.input<float>(1)[kStepLossScale];
        float* g = o.output<float>(0);
        const double squares = blockSum(threads, n, o.workspace, [=](std::int64_t i) { return g[i] * g[i]; });
        const double norm = std::sqrt(squares) / static_cast<double>(lossScale);
        o.output<float>(1)[0] = static_cast<float>(norm);
        const double clip = a.mode == ops::ClipMode::Norm ? ops::clipFactor(norm, a.limit) : 1.0;
        const auto factor = static_cast<float>(clip / static_cast<double>(lossScale));
        if (factor == 1.0f && a.mode != ops::ClipMode::Value) return;
        const float limit = a.mode == ops::ClipMode::Value ? static_cast<float>(a.limit) : HUGE_VALF;
        parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
          for (std::int64_t i = begin; i < end; ++i) g[i] = ops::clipValue(g[i] * factor, limit);
        });
      },
      blockSumBytes(n));
}

}  // namespace

extern const KernelList clip_gradient;
const KernelList clip_gradient = {{"simd", make}};

}  // namespace tandem::cpu
