#include "core/ops/element_loss_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
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
  return ops::withElementLoss(a.kind, [&]<class Loss>() -> KernelResult {
    return kernelOf([values = a.values(), shape, weighted = request.call.hasOperand(In::kWeights),
                     threads = request.threads](const Operands& o) {
      const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
      const float *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget),
                  *step = o.input<float>(In::kStep);
      const std::int64_t count = validRows(step, shape.rows) * shape.columns;
      const float scale = count > 0 ? step[kStepLossScale] / static_cast<float>(count) : 0.0f;
      float* dx = o.output<float>(0);
      constexpr std::int64_t kGrain = Loss::info.flops > 10 ? kCostlyGrain : kCheapGrain;
      parallelFor(threads, shape.rows * shape.columns, kGrain, [=](std::int64_t begin, std::int64_t end) {
        const std::int64_t last = std::max(begin, std::min(end, count));
#pragma omp simd
        for (std::int64_t i = begin; i < last; ++i)
          dx[i] = Loss::template derivative<VectorMath>(x[i], t[i], values.p) * scale;
        if (weights) {
#pragma omp simd
          for (std::int64_t i = begin; i < last; ++i) dx[i] *= weights[i];
        }
        std::fill(dx + last, dx + end, 0.0f);
      });
    });
  });
}

}  // namespace

extern const KernelList element_loss_grad;
const KernelList element_loss_grad = {{"simd", make}};

}  // namespace tandem::cpu
