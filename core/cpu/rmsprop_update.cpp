#include "core/ops/rmsprop_update.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::RmspropAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* step = o.input<float>(3);
    if (step[kStepSkip] != 0) return;
    const ops::RmspropRule<float> rule(a, step);
    const float* g = o.input<float>(1);
    float *w = o.output<float>(0), *s = o.output<float>(1);
    float* b = a.momentum > 0 ? s + n : nullptr;
    parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
      if (b) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) rule.withMomentum(w[i], g[i], s[i], b[i]);
      } else {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) rule.plain(w[i], g[i], s[i]);
      }
    });
  });
}

}  // namespace

extern const KernelList rmsprop_update;
const KernelList rmsprop_update = {{"simd", make}};

}  // namespace tandem::cpu
