#include "core/ops/regression_loss_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
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
  return kernelOf([a, shape, threads = request.threads](const Operands& o) {
    const float *x = o.input<float>(0), *t = o.input<float>(1), *step = o.input<float>(2);
    const std::int64_t count = validRows(step, shape.rows) * shape.columns;
    const float scale = count > 0 ? step[kStepLossScale] / static_cast<float>(count) : 0.0f;
    const auto delta = static_cast<float>(a.delta);
    float* dx = o.output<float>(0);
    const auto each = [&](std::int64_t grain, auto derivative) {
      parallelFor(threads, shape.rows * shape.columns, grain, [=](std::int64_t begin, std::int64_t end) {
        const std::int64_t last = std::max(begin, std::min(end, count));
#pragma omp simd
        for (std::int64_t i = begin; i < last; ++i) dx[i] = derivative(x[i], t[i]) * scale;
        std::fill(dx + last, dx + end, 0.0f);
      });
    };
    const auto plain = [&]<Kind kind>() {
      each(kCheapGrain, [=](float p, float q) { return ops::regressionLossDerivative(kind, delta, p, q); });
    };
    switch (a.kind) {
      case Kind::Mse:
        return plain.template operator()<Kind::Mse>();
      case Kind::Mae:
        return plain.template operator()<Kind::Mae>();
      case Kind::Huber:
        return plain.template operator()<Kind::Huber>();
      case Kind::BceLogits:
        return each(kCostlyGrain, [](float p, float q) { return vsigmoid(p) - q; });
    }
  });
}

}  // namespace

extern const KernelList regression_loss_grad;
const KernelList regression_loss_grad = {{"simd", make}};

}  // namespace tandem::cpu
