#include "core/ops/target_moments.h"

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  return kernelOf(
      [shape, threads = request.threads](const Operands& o) {
        const float *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget);
        const std::int64_t count = validRows(o.input<float>(In::kStep), shape.rows) * shape.columns;
        const double n = count > 0 ? static_cast<double>(count) : 1.0;
        const auto mean = [&](auto term) {
          return static_cast<float>(blockSum(threads, count, o.workspace, term) / n);
        };
        float* out = o.output<float>(0);
        out[0] = mean([=](std::int64_t i) { return (x[i] - t[i]) * (x[i] - t[i]); });
        out[1] = mean([=](std::int64_t i) { return t[i]; });
        out[2] = mean([=](std::int64_t i) { return t[i] * t[i]; });
      },
      blockSumBytes(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList target_moments;
const KernelList target_moments = {{"simd", make}};

}  // namespace tandem::cpu
