#include "core/ops/softmax.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/softmax_rows.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::LastAxis::of(request.out(0).shape);
  return kernelOf([shape, threads = request.threads](const Operands& o) {
    const float* x = o.input<float>(0);
    float* y = o.output<float>(0);
    const std::int64_t c = shape.columns, block = softmaxBlock(c);
    parallelFor(threads, shape.rows, kCostlyGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
      float highest[64], sum[64];
      for (std::int64_t r = begin; r < end; r += block)
        softmaxRows(x + r * c, y + r * c, std::min(block, end - r), c, highest, sum);
    });
  });
}

}  // namespace

extern const KernelList softmax;
const KernelList softmax = {{"simd", make}};

}  // namespace tandem::cpu
