#include "core/ops/softmax_cross_entropy_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/step_block.h"

namespace tandem::cpu {
namespace {

using In = ops::LossIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto attrs, ops::CrossEntropyAttrs::from(request.attrs()));
  const std::int64_t n = request.in(In::kPrediction).shape[0], c = request.in(In::kPrediction).shape[1];
  return kernelOf([n, c, rule = ops::CrossEntropyRule<float>(attrs),
                   weighted = request.call.hasOperand(In::kWeights),
                   threads = request.threads](const Operands& o) {
    const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
    const float *p = o.input<float>(In::kPrediction), *step = o.input<float>(In::kStep);
    const std::int32_t* labels = o.input<std::int32_t>(In::kTarget);
    const std::int64_t valid = validRows(step, n);
    const float scale = valid > 0 ? step[kStepLossScale] / static_cast<float>(valid) : 0.0f;
    float* dx = o.output<float>(0);
    parallelFor(threads, n, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
      const std::int64_t last = std::max(begin, std::min(end, valid));
      const float other = rule.target(false, static_cast<float>(c));
      if (rule.gamma > 0 || weights) {
        for (std::int64_t r = begin; r < last; ++r) {
          const std::int64_t label = labels[r];
          const bool inside = label >= 0 && label < c;
          const float own = weights ? weights[r] * scale : scale;
          const float weight = inside ? rule.weight(p[r * c + label]) * own : own;
#pragma omp simd
          for (std::int64_t i = r * c; i < (r + 1) * c; ++i) dx[i] = (p[i] - other) * weight;
          if (inside)
            dx[r * c + label] = (p[r * c + label] - rule.target(true, static_cast<float>(c))) * weight;
        }
      } else {
#pragma omp simd
        for (std::int64_t i = begin * c; i < last * c; ++i) dx[i] = (p[i] - other) * scale;
        for (std::int64_t r = begin; r < last; ++r) {
          const std::int64_t label = labels[r];
          if (label >= 0 && label < c)
            dx[r * c + label] = (p[r * c + label] - rule.target(true, static_cast<float>(c))) * scale;
        }
      }
      std::fill(dx + last * c, dx + end * c, 0.0f);
    });
  });
}

}  // namespace

extern const KernelList softmax_cross_entropy_grad;
const KernelList softmax_cross_entropy_grad = {{"simd", make}};

}  // namespace tandem::cpu
