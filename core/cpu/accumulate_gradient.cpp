#include "core/ops/accumulate_gradient.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::AccumulateIn;
using Out = ops::AccumulateOut;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  return kernelOf(
      [n = request.out(Out::kGradients).shape.elements(), threads = request.threads](const Operands& o) {
        const float* step = o.input<float>(In::kStep);
        // The loss scale is a power of two (core/ops/loss_scale.h), so its reciprocal is exact.
        const float share = step[kStepGradientShare], scale = step[kStepLossScale], unscale = 1.0f / scale;
        float *g = o.output<float>(Out::kGradients), *mean = o.output<float>(Out::kMean);
        parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
          for (std::int64_t i = begin; i < end; ++i) {
            mean[i] = ops::movedMean(mean[i], g[i] * unscale, share);
            g[i] = scale * mean[i];
          }
        });
      });
}

}  // namespace

extern const KernelList accumulate_gradient;
const KernelList accumulate_gradient = {{"simd", make}};

}  // namespace tandem::cpu
