#include "core/ops/regularize.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/step_block.h"

namespace tandem::cpu {
namespace {

using In = ops::RegularizeIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto l1 = static_cast<float>(request.attrs().number("l1", 0));
  const auto l2 = static_cast<float>(2 * request.attrs().number("l2", 0));
  const bool scaled = request.call.hasOperand(In::kStep);
  return kernelOf([=, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* w = o.input<float>(In::kWeights);
    float* g = o.output<float>(0);
    const float scale = scaled ? o.input<float>(In::kStep)[kStepLossScale] : 1.0f;
    const float a = scale * l1, b = scale * l2;
    parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) {
        const float plus = w[i] > 0.0f ? a : 0.0f, minus = w[i] < 0.0f ? a : 0.0f;
        g[i] += (plus - minus) + b * w[i];
      }
    });
  });
}

}  // namespace

extern const KernelList regularize;
const KernelList regularize = {{"simd", make}};

}  // namespace tandem::cpu
