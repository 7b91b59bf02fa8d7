#include "core/ops/row_loss_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"

namespace tandem::cpu {
namespace {

using In = ops::RowLossGradIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto attrs, ops::RowLossAttrs::from(request.attrs()));
  return ops::withRowLoss(attrs.kind, [&]<class Loss>() -> KernelResult {
    const auto rows = ops::LossRows::of(request.in(In::kPrediction).shape, Loss::form);
    return kernelOf([rows, weighted = request.call.hasOperand(In::kWeights),
                     threads = request.threads](const Operands& o) {
      const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
      const float *x = o.input<float>(In::kPrediction), *t = o.input<float>(In::kTarget),
                  *factors = o.input<float>(In::kFactors);
      const float* step = o.input<float>(In::kStep);
      const std::int64_t valid = rows.valid(step), columns = rows.columns;
      const float scale = valid > 0 ? step[kStepLossScale] / static_cast<float>(valid) : 0.0f;
      float* dx = o.output<float>(0);
      constexpr std::int64_t kGrain = Loss::info.flops > 10 ? kCostlyGrain : kCheapGrain;
      parallelFor(threads, rows.rows(), kGrain / std::max<std::int64_t>(1, columns) + 1,
                  [=](std::int64_t begin, std::int64_t end) {
                    const std::int64_t last = std::max(begin, std::min(end, valid));
                    for (std::int64_t r = begin; r < last; ++r) {
                      const ops::RowFactors<float> f{factors[r * ops::kRowFactors],
                                                     factors[r * ops::kRowFactors + 1]};
                      const float own = weights ? weights[r] * scale : scale;
#pragma omp simd
                      for (std::int64_t i = r * columns; i < (r + 1) * columns; ++i)
                        dx[i] = Loss::template derivative<VectorMath>(x[i], t[i], f) * own;
                    }
                    std::fill(dx + last * columns, dx + end * columns, 0.0f);
                  });
    });
  });
}

}  // namespace

extern const KernelList row_loss_grad;
const KernelList row_loss_grad = {{"simd", make}};

}  // namespace tandem::cpu
