#include "core/ops/element_loss.h"

#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::ElementLossAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.in(In::kPrediction).shape);
  const std::size_t workspace = blockSumBytes(shape.rows * shape.columns);
  return ops::withElementLoss(a.kind, [&]<class Loss>() -> KernelResult {
    return kernelOf(
        [values = a.values(), shape, weighted = request.call.hasOperand(In::kWeights),
         threads = request.threads](const Operands& o) {
          const float *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget);
          const std::int64_t count = validRows(o.input<float>(In::kStep), shape.rows) * shape.columns;
          const auto value = [=](std::int64_t i) {
            return Loss::template value<VectorMath>(x[i], t[i], values.p);
          };
          double total = 0;
          if (weighted)
            total = blockSum(threads, count, o.workspace,
                             [=, weights = o.input<float>(In::kWeights)](std::int64_t i) {
                               return weights[i] * value(i);
                             });
          else
            total = blockSum(threads, count, o.workspace, value);
          o.output<float>(0)[0] = count > 0 ? static_cast<float>(total / static_cast<double>(count)) : 0.0f;
        },
        workspace);
  });
}

}  // namespace

extern const KernelList element_loss;
const KernelList element_loss = {{"simd", make}};

}  // namespace tandem::cpu
