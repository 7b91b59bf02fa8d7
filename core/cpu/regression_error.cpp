#include "core/ops/regression_error.h"

#include <cmath>

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  const bool absolute = request.attrs().text("kind", "mse") == "mae";
  return kernelOf(
      [shape, absolute, threads = request.threads](const Operands& o) {
        const float *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget);
        const std::int64_t count = validRows(o.input<float>(In::kStep), shape.rows) * shape.columns;
        const double sum = absolute ? blockSum(threads, count, o.workspace,
                                               [=](std::int64_t i) { return std::fabs(x[i] - t[i]); })
                                    : blockSum(threads, count, o.workspace,
                                               [=](std::int64_t i) { return (x[i] - t[i]) * (x[i] - t[i]); });
        o.output<float>(0)[0] = count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : 0.0f;
      },
      blockSumBytes(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList regression_error;
const KernelList regression_error = {{"simd", make}};

}  // namespace tandem::cpu
