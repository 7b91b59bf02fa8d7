#include "core/ops/prelu.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::LastAxis::of(request.in(0).shape);
  return kernelOf([shape, threads = request.threads](const Operands& o) {
    const float *x = o.input<float>(0), *alpha = o.input<float>(1);
    float* y = o.output<float>(0);
    const std::int64_t c = shape.columns;
    parallelFor(threads, shape.rows, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t at = begin * c; at < end * c; at += c) {
#pragma omp simd
        for (std::int64_t j = 0; j < c; ++j) y[at + j] = x[at + j] > 0.0f ? x[at + j] : alpha[j] * x[at + j];
      }
    });
  });
}

}  // namespace

extern const KernelList prelu;
const KernelList prelu = {{"simd", make}};

}  // namespace tandem::cpu
