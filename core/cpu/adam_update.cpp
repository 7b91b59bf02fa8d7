#include "core/ops/adam_update.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::AdamAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* step = o.input<float>(3);
    if (step[kStepSkip] != 0) return;
    const ops::AdamRule<float> rule(a, step);
    const float* g = o.input<float>(1);
    float *w = o.output<float>(0), *m = o.output<float>(1), *v = m + n;
    parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) rule(w[i], g[i], m[i], v[i]);
    });
  });
}

}  // namespace

extern const KernelList adam_update;
const KernelList adam_update = {{"simd", make}};

}  // namespace tandem::cpu
