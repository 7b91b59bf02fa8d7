#include "core/ops/sgd_update.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::SgdAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* step = o.input<float>(3);
    if (step[kStepSkip] != 0) return;
    const ops::SgdRule<float> rule(a, step);
    const float* g = o.input<float>(1);
    float* w = o.output<float>(0);
    float* v = a.momentum > 0 ? o.output<float>(1) : nullptr;
    parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
      if (v) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) rule.withMomentum(w[i], g[i], v[i]);
      } else {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) rule.plain(w[i], g[i]);
      }
    });
  });
}

}  // namespace

extern const KernelList sgd_update;
const KernelList sgd_update = {{"simd", make}};

}  // namespace tandem::cpu
