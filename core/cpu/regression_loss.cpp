#include "core/ops/regression_loss.h"

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using Kind = ops::RegressionLossKind;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::RegressionLossAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.in(0).shape);
  return kernelOf(
      [a, shape, threads = request.threads](const Operands& o) {
        const float *x = o.input<float>(0), *t = o.input<float>(1);
        const std::int64_t count = validRows(o.input<float>(2), shape.rows) * shape.columns;
        const auto delta = static_cast<float>(a.delta);
        const auto sum = [&](auto term) { return blockSum(threads, count, o.workspace, term); };
        const auto plain = [&]<Kind kind>() {
          return sum([=](std::int64_t i) { return ops::regressionLoss(kind, delta, x[i], t[i]); });
        };
        double total = 0;
        switch (a.kind) {
          case Kind::Mse:
            total = plain.template operator()<Kind::Mse>();
            break;
          case Kind::Mae:
            total = plain.template operator()<Kind::Mae>();
            break;
          case Kind::Huber:
            total = plain.template operator()<Kind::Huber>();
            break;
          case Kind::BceLogits:
            total = sum([=](std::int64_t i) { return vsoftplus(x[i]) - x[i] * t[i]; });
            break;
        }
        o.output<float>(0)[0] = count > 0 ? static_cast<float>(total / static_cast<double>(count)) : 0.0f;
      },
      blockSumBytes(shape.rows * shape.columns));
}

}  // namespace

extern const KernelList regression_loss;
const KernelList regression_loss = {{"simd", make}};

}  // namespace tandem::cpu
