#include "core/ops/bias_add.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using In = ops::BiasAddIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::LastAxis::of(request.out(0).shape);
  return kernelOf([shape, threads = request.threads](const Operands& o) {
    const float *x = o.input<float>(In::kX), *b = o.input<float>(In::kBias);
    float* y = o.output<float>(0);
    const std::int64_t c = shape.columns;
    parallelFor(threads, shape.rows, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
#pragma omp simd
        for (std::int64_t j = 0; j < c; ++j) y[r * c + j] = x[r * c + j] + b[j];
      }
    });
  });
}

}  // namespace

extern const KernelList bias_add;
const KernelList bias_add = {{"simd", make}};

}  // namespace tandem::cpu
