#include "core/ops/binary_accuracy.h"

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
        const double right = blockSum(threads, count, o.workspace, [=](std::int64_t i) {
          const float positive = x[i] > 0.0f ? 1.0f : 0.0f, negative = x[i] <= 0.0f ? 1.0f : 0.0f;
          return t[i] > 0.5f ? positive : negative;
        });
        o.output<float>(0)[0] = count > 0 ? static_cast<float>(right / static_cast<double>(count)) : 0.0f;
      },
      blockSumBytes(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList binary_accuracy;
const KernelList binary_accuracy = {{"simd", make}};

}  // namespace tandem::cpu
