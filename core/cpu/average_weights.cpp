#include "core/ops/average_weights.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::AverageIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  return kernelOf([n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float share = o.input<float>(In::kStep)[kStepWeightShare];
    if (share == 0) return;
    const float* w = o.input<float>(In::kWeights);
    float* average = o.output<float>(0);
    parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) average[i] = ops::movedMean(average[i], w[i], share);
    });
  });
}

}  // namespace

extern const KernelList average_weights;
const KernelList average_weights = {{"simd", make}};

}  // namespace tandem::cpu
